"""The loop between commands and frames."""
