"""Submissions, attachments, receipts, and the one way in."""
