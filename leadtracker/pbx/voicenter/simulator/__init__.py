"""A made-up Voicenter, written from its documents; it shares no code with the parsers."""
