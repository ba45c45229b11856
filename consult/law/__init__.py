"""Rules as data, the working-day calendar, period arithmetic and preconditions; no web, no database, no clock."""
