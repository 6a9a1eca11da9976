"""Figures for papers, by Matplotlib, each with its numbers as CSV beside it."""
