"""What the user prefers for every run: theme, frames a second and so on, from flags, environment and a file."""
