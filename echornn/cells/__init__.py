"""The recurrent cells: one file each, with the step written like its formula, and the facts that other rooms need.

No file here needs TensorFlow: a step computes with the `echornn.cells.cell.Network` that it is given.
"""
