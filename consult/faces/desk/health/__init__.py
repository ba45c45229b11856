"""How the platform fares, for administrators."""
