"""Functions of a text alone: provisions, numerals, anchors, citations, comparison, private data, grouping, tokens."""
