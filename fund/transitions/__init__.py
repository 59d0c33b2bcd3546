"""The only door for writes of the institution: one keyword-only function a verb, one module an aggregate."""

from fund.transitions import calls, identity, roles, rules

__all__ = ["calls", "identity", "roles", "rules"]
