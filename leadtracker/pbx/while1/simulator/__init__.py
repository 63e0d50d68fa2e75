"""A made-up While1, written from its documents; it shares no code with the parsers."""
