"""Sweeps: networks over a grid of fields, trained by several processes; a folder keeps each result."""
