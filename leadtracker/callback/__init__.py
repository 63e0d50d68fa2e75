"""The third road: a visitor, or a program, asks to be called back."""
