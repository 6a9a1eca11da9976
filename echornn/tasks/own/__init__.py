"""A task of the user's own: its file, and the first check of it in another process."""
