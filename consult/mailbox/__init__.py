"""Mailboxes: each message is stored before it is parsed, routed to its consultation, and counted once."""
