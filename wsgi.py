"""Entry point for gunicorn and for `flask`."""

from consult.app import create_app

app = create_app()
