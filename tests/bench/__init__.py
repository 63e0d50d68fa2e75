"""Measures how many requests a second the application answers."""
