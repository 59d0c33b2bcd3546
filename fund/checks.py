"""What `doctor` asks of the institution. A fund that was never set up is not unwell: it says what to do next."""

from __future__ import annotations

from django.utils import timezone

from core.checks import Unwell, register
from fund.enums import College, Role
from fund.models import FundIdentity
from fund.queries import holders, rules_in_force
from fund.queries.roles import ever_granted

NOT_SET_UP = "no role was ever granted. Run: manage.py bootstrap_fund --administrator MAIL --civil MAIL --state MAIL"


@register("roles")
def _roles() -> str:
    if not ever_granted():
        return NOT_SET_UP
    at = timezone.now()
    missing = [str(Role.ADMINISTRATOR)] if not holders(Role.ADMINISTRATOR, at).exists() else []
    missing += [
        f"{Role.CO_PRESIDENT} ({college})"
        for college in College.values
        if not holders(Role.CO_PRESIDENT, at, college).exists()
    ]
    if missing:
        raise Unwell(
            f"nobody holds {', '.join(missing)}. Propose it at /administration/roles/, or: manage.py rescue_role ROLE MAIL --reason TEXT"
        )
    return "an administrator and two co-presidents"


@register("rules")
def _rules() -> str:
    version = rules_in_force()
    if version is None:
        return "no version in force yet: write one at /administration/regles/"
    if version["majority"] == "college_weighted" and not version["legal_basis"]:
        raise Unwell(f"version {version.number} weighs the colleges without a legal basis")
    return f"version {version.number} in force"


@register("identity")
def _identity() -> str:
    identity = FundIdentity.objects.first()
    if identity is None or not identity.siret:
        return "the fund has no SIRET yet: fill in /administration/identite/"
    return identity.name
