"""Guards of the registry."""
