"""The moderator's queue."""
