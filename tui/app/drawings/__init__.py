"""Drawing functions for the views: blocks, bars, matrices, rows, eigenvalues; each function draws plain values."""
