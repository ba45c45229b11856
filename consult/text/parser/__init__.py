"""The provision parser: from plain text to a tree of provisions with anchors."""
