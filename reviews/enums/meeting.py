"""States and choices of the meeting side: meetings, agenda items, attendance, votes."""
