"""Tests of whole roads: a request comes in, and a row or a page comes out."""
