"""The views below the curve, one file each."""
