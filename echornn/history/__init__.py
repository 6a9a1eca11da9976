"""The losses of a run in memory.

Any part of the loss curve is drawn in constant time, for one network or several.
"""
