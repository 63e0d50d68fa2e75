"""Tests of what each PBX sends and expects, from recorded samples."""
