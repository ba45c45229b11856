"""The digest of every row that a commit changed goes into the record, so that a deleted or swapped row is found."""
