"""The feedback report: snapshot, renderers, publication."""
