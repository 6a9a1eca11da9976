"""The measured programs; ``prepare(problem, ...)`` returns a `Trains` or a `Waits`.

Programs with other libraries also run without TensorFlow, so their files import nothing that needs
it.
"""
