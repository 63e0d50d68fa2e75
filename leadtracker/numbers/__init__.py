"""The first road: a page asks for its visitor's number."""
