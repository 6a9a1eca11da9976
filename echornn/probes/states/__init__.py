"""Probes of the network's states: where they rest, how they lie in a plane, and what each unit follows."""
