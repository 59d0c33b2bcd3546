"""Pure guards of the file: each returns nothing or raises a Refusal with its reason in plain words and the article behind it."""
