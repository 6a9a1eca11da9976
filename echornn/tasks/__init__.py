"""The data, and what is known about it before training."""
