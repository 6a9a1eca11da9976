"""Published results that are trained again: a TOML file each, and what reads, trains and measures
them."""
