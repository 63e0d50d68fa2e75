"""Who called: evidence in, probabilities out, and what a pool of another size would give."""
