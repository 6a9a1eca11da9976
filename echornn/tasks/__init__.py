"""The tasks: their data, and what is known about the loss before training."""
