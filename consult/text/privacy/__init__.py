"""Detecting and masking private data; masking names."""
