"""The problems, by group."""
