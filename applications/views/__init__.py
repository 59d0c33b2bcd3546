"""Pages of the file: they parse, call a verb, and show its refusal beside what was typed."""
