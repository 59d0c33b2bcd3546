"""The only door for writes of the institution: one keyword-only function a verb, one module an aggregate."""

from fund.transitions import calls, envelopes, identity, roles, rules

__all__ = ["calls", "envelopes", "identity", "roles", "rules"]
