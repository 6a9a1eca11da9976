"""What the losses show: pure functions, and the history from which curves are drawn."""
