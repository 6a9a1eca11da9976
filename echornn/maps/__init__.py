"""What the results of a sweep tell: tables over two fields, counts, comparisons, sentences."""
