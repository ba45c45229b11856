"""What drafting divisions look up: instruments in force, statutory clocks."""
