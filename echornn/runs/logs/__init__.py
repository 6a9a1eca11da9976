"""The logs of a run: what each line or entry means, where a window stands in them, and cutting them."""
