"""The forms of the desk, with their limits and the words that say what to do."""
