"""What ``flask demo load`` tells: made-up people, drafts and opinions, told by the same verbs that everybody uses."""
