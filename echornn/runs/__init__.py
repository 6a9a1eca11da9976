"""A run on disk: its ``logs``, its stored ``states``, the recorder that writes both, and TensorBoard's events."""
