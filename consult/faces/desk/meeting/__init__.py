"""The gate before the deliberation meeting, on the desk."""
