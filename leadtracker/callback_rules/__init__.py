"""Who may be called back, when, by whom and at what price. Pure: nothing is read or written."""
