"""File descriptors, signals, the guardian, the driver, and the line to the terminal."""
