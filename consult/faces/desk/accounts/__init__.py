"""Accounts, divisions, passwords, sign-in and sign-out of staff."""
