"""Diagnosis from losses and probes: is the task solved, by how many seeds, what goes wrong; in
sentences too."""
