"""How the platform fares: what an operator is shown, and what says whether a visitor can be served."""
