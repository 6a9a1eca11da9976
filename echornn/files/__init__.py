"""Files that survive crashes: written whole or appended to, locked, never links; for runs and for sweeps."""
