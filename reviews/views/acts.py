"""What the pages share: acts as cards, refusals put where they belong, second keys proposed, identity confirmed before a signature."""

from __future__ import annotations

from urllib.parse import urlencode

from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core import reauth
from core.access import Rule
from fund import people
from fund.enums import Role
from fund.queries import roles_of
from reviews.models import Seat

PAGE = 50


def _desk(name: str, roles: tuple[Role, ...], ask) -> Rule:
    def holds_one(request) -> bool:
        return any(grant.role in roles for grant in roles_of(request.user, request.received_at))

    return Rule(name, holds_one, ask=ask, roles=tuple(role.value for role in roles))


member_desk = people.panel_desk
decision_desk = _desk(
    "decision_desk",
    (Role.PANEL_MEMBER, Role.CO_PRESIDENT, Role.AUTHORISING_OFFICER),
    _(
        "This desk belongs to the co-presidents, the members of the panel and the authorising officer. Ask a co-president."
    ),
)
president_desk = _desk(
    "president_desk", (Role.CO_PRESIDENT,), _("This page belongs to the co-presidents. Ask one of them.")
)
appeal_desk = _desk(
    "appeal_desk",
    (Role.CO_PRESIDENT, Role.AUTHORISING_OFFICER, Role.CASE_OFFICER, Role.AUDITOR),
    _("This desk belongs to those who decide on appeals. Ask a co-president."),
)


UNFINISHED = "signature_to_finish"


def confirm_identity(request, path: str):
    """To the page where one proves who he is, and back to `path`, which shows what was chosen and says that nothing is signed yet."""
    request.session[UNFINISHED] = {"path": path, "chosen": request.POST.getlist("decision")}
    return redirect(f"{reverse('core:confirm')}?{urlencode({'next': path})}")


def unfinished(request) -> dict | None:
    """What this person was signing on this page when he was asked who he is, while that proof lasts."""
    kept = request.session.get(UNFINISHED)
    return kept if kept and kept["path"] == request.path and reauth.is_recent(request) else None


def signed(request) -> None:
    """The signature is given: nothing is left to finish."""
    request.session.pop(UNFINISHED, None)


def has_seat(user) -> bool:
    return Seat.objects.current().filter(user=user).exists()
