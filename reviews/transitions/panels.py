"""The panel of a call: constituted, revised."""

from __future__ import annotations

import secrets

from django.utils.translation import gettext_lazy as _

from core.transitions import verb
from reviews.enums.reading import SeatKind
from reviews.models import Panel, Seat
from reviews.rules import panel as rules
from reviews.rules.people import case_officer
from reviews.rules.seats import term_end
from reviews.transitions.common import lock_call
from reviews.transitions.declarations import open_declarations

FIELDS = (
    "title",
    "is_president",
    "acts_for_president",
    "load_min",
    "load_max",
    "themes",
    "departments",
    "siret",
    "term_starts_on",
    "term_ends_on",
    "appointing_act",
    "appointed_on",
    "gender",
)


def facts_of(panel: Panel, row: dict) -> dict:
    """What the row says of its seat; a term without an end has the length of the rules."""
    facts = {name: row[name] for name in FIELDS if name in row}
    if facts.get("term_starts_on") and not facts.get("term_ends_on"):
        facts["term_ends_on"] = term_end(facts["term_starts_on"], panel.call.rule_version)
    return facts


def seat_of_row(panel: Panel, row: dict, at, **facts) -> Seat:
    return Seat(
        panel=panel,
        user=row["user"],
        college=row["college"],
        kind=row.get("kind", SeatKind.FULL_MEMBER),
        created_at=at,
        **facts_of(panel, row),
        **facts,
    )


@verb(
    machine=Panel,
    label=_("constitute the panel"),
    who=(case_officer,),
    creates="constituted",
    on="call",
    guards=(rules.call_has_no_panel, rules.colleges_are_equal),
    mails=("reviews/panel.interests_due",),
    lock=lock_call,
)
def constitute(act, call, *, seats, seed=""):
    """Two equal colleges. `seats`: rows with user, college, kind, is_president and what the assignment reads (load_min, load_max, themes, departments,
    siret). `seed` breaks ties of the assignment and is public from now on; drawn when not given. Declarations open for every eligible file."""
    panel = Panel.objects.create(
        call=call,
        constituted_at=act.at,
        constituted_by=act.actor,
        seed=seed or secrets.token_hex(8),
        reviews_per_college=call.rule_version["reviews_per_college"],
    )
    Seat.objects.bulk_create([seat_of_row(panel, row, act.at) for row in seats])
    act.note(seats=len(seats), seed=panel.seed)
    open_declarations(panel, actor=act.actor, at=act.at)
    return panel


@verb(
    machine=Panel,
    label=_("change the seats"),
    who=(case_officer,),
    guards=(rules.colleges_are_equal,),
    mails=("reviews/panel.interests_due",),
    lock=lock_call,
)
def revise(act, panel, *, seats):
    """Before the readings are assigned: the seats become these; those who leave keep their trace, those who come declare."""
    kept = {seat.user_id: seat for seat in panel.seats.not_ended()}
    wanted = {row["user"].pk: row for row in seats}
    Seat.objects.filter(pk__in=[seat.pk for user, seat in kept.items() if user not in wanted]).update(ends_at=act.at)
    Seat.objects.filter(panel=panel, ends_at__isnull=True).update(is_president=False)
    for user, row in wanted.items():
        if user not in kept:
            seat_of_row(panel, row, act.at).save()
            continue
        seat = kept[user]
        seat.is_president, seat.college, seat.kind = False, row["college"], row.get("kind", seat.kind)
        for name, value in facts_of(panel, row).items():
            setattr(seat, name, value)
        seat.save()
    panel.revise()
    act.note(seats=len(seats))
    open_declarations(panel, actor=act.actor, at=act.at)
