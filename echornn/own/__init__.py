"""A file of the user's own: its text, the errors in it, and the first check of it in another process."""
