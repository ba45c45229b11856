"""Backup, restore and move: all that the platform keeps, at one point, in one file or in another database."""
