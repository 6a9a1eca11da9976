"""What losses and probes tell: whether the task is solved, how many seeds solve it, what goes wrong, in sentences."""
