"""The audit trail and its wording."""
