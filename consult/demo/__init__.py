"""The content of ``flask demo load``: made-up people, drafts and opinions, created with the verbs of the stages."""
