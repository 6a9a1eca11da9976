"""The forward pass and its gradient: cells, products, the scan over time, the model."""
