"""The tests of Leadtracker, and the tools that measure it."""
