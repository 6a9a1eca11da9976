"""The losses of a run in memory: any part of their curve is drawn in constant time, for one network or for many."""
