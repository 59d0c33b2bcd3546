"""The only door for writes of the institution: one keyword-only function a verb, one module an aggregate."""

from fund.transitions import calls, delegations, envelopes, identity, roles, rules

__all__ = ["calls", "delegations", "envelopes", "identity", "roles", "rules"]
