"""Personal data: requests of senders, terms, holds."""
