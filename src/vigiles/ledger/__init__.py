"""To be told by its room."""
