"""Rules as data, the working-day calendar, period arithmetic and preconditions.

No web, no database, no clock.
"""
