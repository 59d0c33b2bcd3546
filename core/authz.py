"""Who may open which address, as data: `docs/authz.csv`, written from the resolver and the access rules.

One row per route, method, role and relation. The verdict is `allow`, `sign_in` (anonymous, led to sign-in), `401` (the API), `403` (a desk
one has no role for), `404` (an object one may not see), or `rule` when a rule says more than roles. `relation` is `-` for pages about no
object, else whether the person sees the object (its `visible_to`). What a person may then do to it is in docs/workflows.md, verb by verb.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from core.access import Rule, rule_of
from core.routes import Route, walk

SAFE = ("GET", "HEAD", "OPTIONS", "ANY")
COLUMNS = ("route", "method", "role", "relation", "verdict")
ANONYMOUS, NO_ROLE = "anonymous", "signed_in"


def rows() -> Iterator[tuple[str, str, str, str, str]]:
    found: list[tuple[Route, Rule | None]] = [(route, rule_of(callback)) for route, callback in walk()]
    roles = sorted({role for _, rule in found if rule for role in rule.roles})
    for route, rule in sorted(found, key=lambda pair: (pair[0].path, pair[0].name or "")):
        for method in route.methods or ("ANY",):
            for role in (ANONYMOUS, NO_ROLE, *roles):
                for relation in ("sees", "does_not_see") if "<" in route.path else ("-",):
                    yield route.path, method, role, relation, verdict(route, rule, role, relation, method)


def verdict(route: Route, rule: Rule | None, role: str, relation: str, method: str = "GET") -> str:
    if rule is None:
        return "403"
    open_to_all = rule.public or rule.name == "anyone"
    writes_api = route.path.startswith("/api/") and method not in SAFE
    if writes_api and role == ANONYMOUS:  # what anybody reads, somebody changes
        return "401"
    if not open_to_all:
        if role == ANONYMOUS:
            return "401" if route.path.startswith("/api/") else "sign_in"
        if rule.roles and role not in rule.roles:
            return "403"
        if not rule.roles and rule.name != "signed_in":
            return "rule"
    return "404" if relation == "does_not_see" else "allow"


def document() -> str:
    """The text of `docs/authz.csv`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows())
    return text.getvalue()
