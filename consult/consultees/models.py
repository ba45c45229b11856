"""Consultees, invitations and responses."""
