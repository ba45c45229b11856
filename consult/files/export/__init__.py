"""Writing drafts and comparisons: official Word layout, Akoma Ntoso, JSON, Markdown."""
