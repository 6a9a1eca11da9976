"""The learning rules: one file each with its facts, and a table of them. No file here needs TensorFlow."""
