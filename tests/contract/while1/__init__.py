"""Tests of what While1 sends and expects."""
