"""Everything about the terminal: file descriptors, signals, the guardian, and Textual's driver."""
