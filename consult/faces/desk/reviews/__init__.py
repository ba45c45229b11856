"""The tab of reviews: asked for, completed, concluded, confirmed for a newer version."""
