"""Probes that change an input, run the network again, and compare its predictions."""
