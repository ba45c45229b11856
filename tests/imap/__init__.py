"""A real IMAP server for the tests, and a line to it that breaks where a test says."""
