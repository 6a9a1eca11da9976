"""Files that survive crashes: written completely or appended to, locked, never links; used by runs
and sweeps."""
