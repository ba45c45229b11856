"""How the kept instance of migration 0021 was made: a frozen copy of the script, kept to show where the data comes from.

It speaks to the code of commit 5b85728, by the verbs, commands and pages of that day, and is not meant to run after
modules were moved or rules tightened. To run it, check that commit out, put this folder there and call
``python -m tests.kept.make sqlite OUT`` or ``python -m tests.kept.make postgresql OUT`` with ``TEST_POSTGRES_URL``.
"""
