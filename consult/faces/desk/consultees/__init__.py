"""Enterprises and associations: register, board, invitations, hearings."""
