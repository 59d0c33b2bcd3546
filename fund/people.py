"""The people of the fund, as permissions of verbs (`Who`) and as access rules of desks (`Rule`)."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.access import Rule
from core.transitions import Who
from fund.enums import Role
from fund.queries import has_role, roles_of


def _holds(role: Role):
    return lambda actor, obj, at: has_role(actor, role, at)


case_officer = Who("CO", _("a case officer"), _holds(Role.CASE_OFFICER))
authorising_officer = Who("AO", _("an authorising officer"), _holds(Role.AUTHORISING_OFFICER))
accounting_officer = Who("AC", _("an accounting officer"), _holds(Role.ACCOUNTING_OFFICER))
co_president = Who("CP", _("a co-president"), _holds(Role.CO_PRESIDENT))
panel_member = Who("PM", _("a panel member"), _holds(Role.PANEL_MEMBER))
administrator = Who("AD", _("an administrator"), _holds(Role.ADMINISTRATOR))
auditor = Who("AUD", _("an auditor"), _holds(Role.AUDITOR))
delegate = Who("DE", _("a delegate of the authorising officer, within his delegation"), _holds(Role.DELEGATE))


def _desk(name: str, roles: tuple[Role, ...], ask) -> Rule:
    def test(request) -> bool:
        at = getattr(request, "received_at", None) or timezone.now()
        return any(grant.role in roles for grant in roles_of(request.user, at))

    return Rule(name, test, ask=ask, roles=tuple(role.value for role in roles))


_ask_administrator = _(
    "A role is proposed by an administrator of the fund and approved by a co-president: write to the fund to ask for it."
)

instruction_desk = _desk(
    "instruction_desk",
    (Role.CASE_OFFICER, Role.AUDITOR),
    _(
        "This desk belongs to the case officers. Ask a case officer for what you need, or an administrator for the role."
    ),
)
messages_desk = _desk(
    "messages_desk",
    (Role.CASE_OFFICER,),
    _(
        "This desk belongs to the case officers. Ask a case officer for what you need, or an administrator for the role."
    ),
)
"""Without the auditors: they read the file, not the letters."""
calls_desk = _desk(
    "calls_desk",
    (Role.CASE_OFFICER, Role.CO_PRESIDENT, Role.AUDITOR),
    _("This desk belongs to the case officers and the co-presidents. Ask a case officer for what you need."),
)
finance_desk = _desk(
    "finance_desk",
    (Role.AUTHORISING_OFFICER, Role.ACCOUNTING_OFFICER, Role.AUDITOR, Role.DELEGATE),
    _("This desk belongs to the authorising and accounting officers. Ask one of them for what you need."),
)
accounting_files = _desk(
    "accounting_files",
    (Role.AUTHORISING_OFFICER, Role.ACCOUNTING_OFFICER),
    _("These files belong to the authorising and accounting officers. Ask one of them for what you need."),
)
panel_desk = _desk(
    "panel_desk",
    (Role.PANEL_MEMBER, Role.CO_PRESIDENT),
    _("This desk belongs to the members of the panel. Ask a co-president or a case officer."),
)
admin_desk = _desk(
    "admin_desk",
    (Role.ADMINISTRATOR, Role.CO_PRESIDENT, Role.AUDITOR),
    _("This desk belongs to the administrators and the co-presidents. Ask one of them for what you need."),
)
calls_writing = _desk(
    "calls_writing",
    (Role.CASE_OFFICER,),
    _("Calls are written by the case officers. Ask one of them for what you need."),
)
envelopes_desk = _desk(
    "envelopes_desk",
    (Role.AUTHORISING_OFFICER, Role.ACCOUNTING_OFFICER, Role.CASE_OFFICER, Role.CO_PRESIDENT, Role.AUDITOR),
    _("This desk belongs to those who open, use and check the money. Ask an authorising officer for what you need."),
)
envelopes_writing = _desk(
    "envelopes_writing",
    (Role.AUTHORISING_OFFICER,),
    _("Envelopes are prepared by the authorising officers. Ask one of them for what you need."),
)
roles_writing = _desk("roles_writing", (Role.ADMINISTRATOR,), _ask_administrator)
delegations_writing = _desk(
    "delegations_writing",
    (Role.AUTHORISING_OFFICER,),
    _("A signature is delegated by the authorising officer whose it is. Ask one of them for what you need."),
)
rules_writing = _desk(
    "rules_writing",
    (Role.ADMINISTRATOR, Role.CO_PRESIDENT),
    _("Rules are written by the co-presidents and the administrators. Ask one of them for what you need."),
)
staff = _desk("staff", tuple(Role), _ask_administrator)
"""Anyone who holds a role of the fund."""
