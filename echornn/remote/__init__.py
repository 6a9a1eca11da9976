"""Looks at a session from another process of the same user, over a Unix socket that only this user
can reach."""
