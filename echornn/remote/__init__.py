"""Looks at a session from another process of the same user.

The server is in the session's process, the client in the viewer's. Commands and pictures go over a Unix socket that
only this user can reach.
"""
