"""Users, divisions, roles and what each role may do."""
