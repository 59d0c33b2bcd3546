from fund.queries.calls import find_call, open_calls, past_calls, public_calls, rules_in_force, upcoming_calls
from fund.queries.roles import college_of_president, has_role, holders, roles_of

__all__ = [
    "college_of_president",
    "find_call",
    "has_role",
    "holders",
    "open_calls",
    "past_calls",
    "public_calls",
    "roles_of",
    "rules_in_force",
    "upcoming_calls",
]
