"""One consultation from inside: overview, notice, draft versions, comparison, check."""
