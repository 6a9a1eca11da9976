"""Computes the learning rules of `echornn.rules.table`: a file for each, with the same interface (`engine`)."""
