"""A recorded trace runs through the product under a virtual clock; see docs/accuracy.md for both formats."""
