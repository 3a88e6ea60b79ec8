"""Text as features: characters, tokens, and weighted counts of them. The same on every machine, with plain state."""
