"""Figures for papers: the numbers of each kind of figure, and drawing them by Matplotlib."""
