"""The learning rules. Nothing here needs TensorFlow."""
