"""Sweeps: train networks over a grid of fields with several processes, and store each result in a
folder."""
