"""The widgets that draw what is known of a run: the curve and seven views, on a grid of characters."""
