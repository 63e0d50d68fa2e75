"""A recorded trace runs through the product under a virtual clock; formats: docs/accuracy.md."""
