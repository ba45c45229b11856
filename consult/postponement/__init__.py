"""What a year's calendar moves: last days that turn out to be rest are extended, at one confirmation.

What moves is derived from the dates that stand and the calendar in force, never stored.
"""
