"""Serves attached apps to browsers on this machine: each tab is a viewer, a process on a pseudo-terminal of its own.

The terminal emulator in the page (xterm.js), its font and its style sheet are those of textual-serve. Its server is not
used: it has no token, starts a shell, and names fixed addresses, so that a forwarded port does not work.
"""
