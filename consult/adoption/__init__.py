"""Opinions, groups, decisions with reasons, and their review."""
