"""What losses tell: pure functions and the history that they are drawn from."""
