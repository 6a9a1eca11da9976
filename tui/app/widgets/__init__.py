"""The widgets of the screen; each draws the values that it is given."""
