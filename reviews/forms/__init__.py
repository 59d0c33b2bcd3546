"""Forms of the panel's side."""
