"""Tests of what Voicenter sends and expects."""
