"""One file is one question: its query, its rows and what they mean. SQL is known here and in `records/` only."""
