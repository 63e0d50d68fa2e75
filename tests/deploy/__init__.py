"""Tests of the proxies that stand in front of the server."""
