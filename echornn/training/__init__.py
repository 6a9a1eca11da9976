"""The compiled loop over windows, the trainer that owns it, and where it runs."""
