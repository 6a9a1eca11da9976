"""What views draw with: blocks, bars, matrices, rows, eigenvalues; each function draws plain values."""
