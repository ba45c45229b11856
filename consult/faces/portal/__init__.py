"""Pages for enterprises and associations."""
