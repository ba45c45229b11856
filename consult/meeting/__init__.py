"""The file for the deliberation meeting: facts from all stages, judged by law."""
