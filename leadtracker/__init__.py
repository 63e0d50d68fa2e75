"""Leadtracker: which visitor is calling, and which campaign made the phone ring."""
