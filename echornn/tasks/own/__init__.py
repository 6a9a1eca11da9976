"""A user's own task: its file, and the first check of the file in another process."""
