"""The way of a feedback report on the desk."""
