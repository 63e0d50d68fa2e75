"""What programs ask for, with a key."""
