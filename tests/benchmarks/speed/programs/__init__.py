"""The measured programs, one file each; its ``prepare(problem, ...)`` returns a `Prepared`.

Programs with other libraries also run without TensorFlow, so their files import nothing that needs it.
"""
