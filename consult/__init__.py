"""The platform: core, stages and faces. docs/architecture.md is the map."""
