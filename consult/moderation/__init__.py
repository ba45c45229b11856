"""Screening: queue, rejection, masking, duplicates."""
