"""Open data. Every file is made from the one published set (registry.queries) and streams row by row."""
