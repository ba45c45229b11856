"""Submissions, attachments, receipts, and the single entry point ``receive``."""
