"""The doors a person has: one link a desk, computed from the roles."""

from django.utils.translation import gettext as _

from fund.enums import Role
from fund.queries import has_role
from reviews.models import Seat


def desks_of(user) -> list[tuple[str, str, str]]:
    """(address, name, what for) of every desk this person may open."""
    doors = [("/mes-dossiers/", _("My applications"), _("write, file, follow"))]
    if (
        has_role(user, Role.PANEL_MEMBER)
        or has_role(user, Role.CO_PRESIDENT)
        or Seat.objects.filter(user=user).exists()
    ):
        doors.append(("/commission/", _("Panel"), _("declare, read, score, deliberate")))
    if has_role(user, Role.CASE_OFFICER) or has_role(user, Role.AUDITOR):
        doors.append(("/instruction/", _("Instruction"), _("calls, applications, panels, decisions, agreements")))
    if any(
        has_role(user, role)
        for role in (Role.AUTHORISING_OFFICER, Role.DELEGATE, Role.ACCOUNTING_OFFICER, Role.AUDITOR)
    ):
        doors.append(("/paiements/", _("Payments"), _("order, pay, reconcile")))
    if any(
        has_role(user, role)
        for role in (
            Role.CASE_OFFICER,
            Role.CO_PRESIDENT,
            Role.AUTHORISING_OFFICER,
            Role.ACCOUNTING_OFFICER,
            Role.ADMINISTRATOR,
            Role.AUDITOR,
        )
    ):
        doors.append(("/instruction/cles/", _("Two-key acts"), _("propose, approve")))
    if any(
        has_role(user, role) for role in (Role.AUTHORISING_OFFICER, Role.CASE_OFFICER, Role.CO_PRESIDENT, Role.AUDITOR)
    ):
        doors.append(("/instruction/enveloppes/", _("Envelopes"), _("open, raise, carry")))
    if any(has_role(user, role) for role in (Role.ADMINISTRATOR, Role.CO_PRESIDENT, Role.AUDITOR)):
        doors.append(("/administration/roles/", _("Roles"), _("grant, end")))
    doors.append(("/mon-espace/securite/", _("My account"), _("name, mails, my data, password, second factor")))
    return doors
