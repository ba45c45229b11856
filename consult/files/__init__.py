"""Reading and writing formats, and content-addressed blob storage; no web, no models."""
