"""Probes that follow derivatives through time: of losses, of predictions, and of states."""
