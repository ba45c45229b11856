"""Who comes in: one package for each kind of visitor."""
