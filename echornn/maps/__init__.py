"""Tables of a sweep's results over two fields: counts, comparisons, sentences."""
