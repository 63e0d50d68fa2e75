"""Tests of the Lua scripts, in a real Redis."""
