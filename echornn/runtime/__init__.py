"""Settings of a process: how TensorFlow is imported, XLA's flags; and a thread for jobs."""
