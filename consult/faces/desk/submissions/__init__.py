"""Submissions entered by staff: typed in, imported from tables, assigned to a consultation."""
