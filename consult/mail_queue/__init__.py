"""Letters on their way out: each has its own fate, and none waits for another's."""
