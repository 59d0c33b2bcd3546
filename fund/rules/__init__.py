"""Guards of the institution: pure, each returns nothing or refuses with its reason."""
