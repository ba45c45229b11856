"""The adoption workspace: decide, review, spreadsheet out and back."""
