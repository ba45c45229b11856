"""Instances that earlier versions made, kept as they were, and what is expected of them after upgrades."""
