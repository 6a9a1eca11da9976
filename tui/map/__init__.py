"""The map of a sweep: a table of results over two fields, drawn on the screen, as text, or as a
picture."""
