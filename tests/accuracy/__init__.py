"""Replays made-up worlds and scores who was said to have called."""
