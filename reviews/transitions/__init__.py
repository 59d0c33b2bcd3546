"""The only door for writes of the panel's side: one module an aggregate."""
from reviews.transitions import appeals, assignments, calls, decisions, declarations, panels, withdrawals

__all__ = ["appeals", "assignments", "calls", "decisions", "declarations", "panels", "withdrawals"]
