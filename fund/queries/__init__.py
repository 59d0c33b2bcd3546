from fund.queries.roles import has_role, holders, roles_of

__all__ = ["has_role", "holders", "roles_of"]
