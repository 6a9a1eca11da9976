"""The map of a sweep: what of it is shown, and how it is drawn on the screen, as text, and as a picture."""
