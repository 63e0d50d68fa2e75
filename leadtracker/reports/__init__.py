"""One file is one question: its query, its rows, their meaning. SQL stays here and in records/."""
