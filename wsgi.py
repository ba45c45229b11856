"""Entry point for gunicorn and for `flask`."""

from consult.start import application

app = application()
