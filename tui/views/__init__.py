"""The widgets that draw what is known of a run: the curve and the views below it, on a grid of
characters."""
