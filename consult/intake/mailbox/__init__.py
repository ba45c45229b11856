"""The consultation mailboxes: each message is kept before it is read, finds its consultation, and counts once."""
