"""A run on disk and in memory: branches, checkpoints, logs, lock, recorder, TensorBoard's events."""
