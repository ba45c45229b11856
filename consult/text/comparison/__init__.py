"""Comparing two versions of a draft, provision by provision and character by character."""
