"""Pure guards of the money side: each returns nothing or raises a Refusal with its reason in plain words and the article behind it."""
