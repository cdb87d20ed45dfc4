"""What follows from an event, given what is stored: the whole behaviour, pure."""
