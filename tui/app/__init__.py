"""The app: its keys, screens and widgets."""
