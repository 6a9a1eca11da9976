"""Texts that the command line, the figures and the views share."""
