"""The map of a sweep: what of it is laid out, and how that is drawn: on the screen, as lines, as a picture."""
