"""Everything about the terminal: file descriptors, signals, the guardian process, and Textual's
driver."""
