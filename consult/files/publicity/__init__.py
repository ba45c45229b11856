"""What goes out to new media about a document: text, long picture, posters, preview cards."""

from consult.files.publicity.drawing import FILES, Kit, Point, draw, text_of

__all__ = ["FILES", "Kit", "Point", "draw", "text_of"]
