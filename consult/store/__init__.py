"""The database the stages stand on: session, column types, transactions, counted tallies."""
