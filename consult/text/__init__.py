"""What is true of a text.

Provisions, numerals, anchors, citations, comparison, private data, grouping, search tokens.
"""
