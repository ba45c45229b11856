"""What is true of a text: provisions, numerals, anchors, citations, comparison, private data, grouping, tokens."""
