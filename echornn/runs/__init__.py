"""A run on disk: its files, the recorder that writes them, and TensorBoard's events."""
