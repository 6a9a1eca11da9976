"""The widgets of the screen; each draws plain values that it is given."""
