"""Kits for new media: what the notice, the report and the issued text are made known with."""
