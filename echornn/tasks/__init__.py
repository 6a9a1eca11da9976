"""Data, and what is known of it beforehand."""
