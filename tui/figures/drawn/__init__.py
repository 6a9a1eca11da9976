"""Draws figures from tables; each file but this imports only Matplotlib and NumPy."""
