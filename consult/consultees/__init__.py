"""Enterprises and associations that must be heard: register, invitations, responses."""
