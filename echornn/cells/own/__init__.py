"""A user's own cell: its file, what a record keeps of it, and the check of its step."""
