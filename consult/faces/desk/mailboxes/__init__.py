"""Mailboxes on the desk: set up, test, close; how the last fetch went."""
