"""The recurrent cells: a file each, with the step written like its formula.

None needs TensorFlow.
"""
