"""Tests that kill processes at the worst moment."""
