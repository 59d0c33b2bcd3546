"""Pages of the money side: they parse, call a verb, and show its refusal beside what was typed."""
