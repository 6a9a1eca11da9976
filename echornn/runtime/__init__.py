"""What is set or started once in a process: how TensorFlow is imported, XLA's flags, a thread for jobs."""
