"""Reminding by hand the readers who still have reviews to file, besides the clock's own reminders."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from core.models import User
from core.transitions import Refusal
from reviews.enums.reading import PanelState
from reviews.models import Panel
from reviews.notifications import tell
from reviews.queries.reminders import last_reminders, left_to_file, mark
from reviews.rules.people import case_officer
from reviews.transitions.deeds import deed

ONE_DAY = timedelta(days=1)


def _to_remind(act) -> list[tuple[int, int]]:
    """(reader, reviews left) of those who may get a mail now. Raises Refusal when nobody may."""
    left, last, seat = left_to_file(act.obj), last_reminders(act.obj), act.get("seat")
    wanted = {key: count for key, count in left.items() if seat is None or key == seat.user_id}
    if not wanted:
        raise Refusal(
            "nobody_to_remind",
            _("Nothing is left to file.") if seat is None else _("This reader has filed every review."),
            remedy=_("Close the reading when every review is in."),
            status=409,
        )
    free = [(key, count) for key, count in wanted.items() if key not in last or act.at >= last[key] + ONE_DAY]
    if not free:
        raise Refusal(
            "reminded_today",
            _("A reminder left less than a day ago."),
            remedy=_("Each reader gets one a day at most: try again tomorrow, or give the reading to somebody else."),
            status=409,
        )
    return free


def somebody_to_remind(act) -> None:
    """A reader who has reviews left and got no reminder for a day."""
    _to_remind(act)


@deed(
    on=Panel,
    label=_("remind the readers"),
    who=(case_officer,),
    sources=(PanelState.READING,),
    guards=(somebody_to_remind,),
    mails=("reviews/panel.reminder",),
)
def remind_readers(act, panel, *, seat=None):
    """One mail to a reader (`seat`), or to all who have reviews left; each at most once a day, the clock's reminders counted."""
    found = _to_remind(act)
    people = User.objects.in_bulk([key for key, _count in found])
    for key, count in found:
        tell(
            "panel.reminder",
            [people[key]],
            "/commission/",
            at=act.at,
            reference=mark(panel, "by-hand"),
            count=count,
            until=panel.call.review_closes_at,
            call=panel.call.title,
        )
    act.note(readers=len(found))
