"""Who acts in a meeting, and what every guard of it shares."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.transitions import Act, Refusal, Who
from fund import people
from fund.enums import College
from reviews.models import Seat
from reviews.models.meeting import Meeting
from reviews.queries import meetings as queries

LABELS = {str(College.CIVIL_SOCIETY): College.CIVIL_SOCIETY.label, str(College.STATE): College.STATE.label}


def meeting_of(obj) -> Meeting:
    return obj if isinstance(obj, Meeting) else obj.meeting


case_officer = people.case_officer


president = Who(
    "CP",
    gettext_lazy("a co-president or the acting president of a college"),
    lambda actor, obj, at: bool(queries.presides(actor, meeting_of(obj), at)),
)


seat_holder = Who(
    "PM",
    gettext_lazy("a member of this panel"),
    lambda actor, obj, at: Seat.objects.filter(panel__call=meeting_of(obj).call_id, user=actor).current(at).exists(),
)


def lacks(act: Act, *names) -> bool:
    """While a screen only asks, guards about parameters stay silent."""
    return act.preview and all(act.get(name) is None for name in names)


def reason_given(act: Act) -> None:
    if not act.preview and not (act.get("reason") or "").strip():
        raise Refusal(
            "reason_missing",
            _("Say why in one sentence: this reason will be kept and shown to those concerned."),
            field="reason",
        )
