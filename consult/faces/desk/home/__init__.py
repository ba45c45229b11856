"""The first page of the desk and its list of pending work."""
