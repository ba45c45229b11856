"""Periodic work that finds itself by state."""
