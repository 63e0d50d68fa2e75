"""What may be dialled for a visitor who asks to be called back, when, by whom and at what price; no input or output."""
