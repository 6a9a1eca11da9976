"""A run on disk: checkpoints, logs, lock, recorder, TensorBoard's events."""
