"""The programs that are measured, one file each: ``prepare(problem, ...)`` returns a `Prepared`.

Those of other libraries also run where TensorFlow is not installed, so they import nothing that needs it.
"""
