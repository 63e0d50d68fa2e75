"""Tests of the tracker and the dashboard in Chromium."""
