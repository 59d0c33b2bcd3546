"""Guards of the seats: numbers, offices, terms; who is missing when the two colleges are not equal, and what would mend it."""

from __future__ import annotations

from datetime import date

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from applications.periods import add_months
from core.transitions import Act, Refusal
from fund.enums import CallState, College, Role
from fund.queries import has_role
from reviews import queries
from reviews.enums.reading import Gender, SeatEnd, SeatKind
from reviews.models import Panel, Seat, Vote

OVER = (CallState.DECIDED, CallState.ARCHIVED, CallState.CANCELLED)


def _refusal(code: str, reason, remedy=None, *, field="seats", status=409) -> Refusal:
    return Refusal(code, reason, remedy=remedy, article="art. 11", field=field, status=status)


# ---- equality ----


def counts(panel: Panel, at) -> dict[str, int]:
    """Full members who sit in each college at this instant."""
    sitting = list(panel.seats.current(at).full_members().values_list("college", flat=True))
    return {str(college): sitting.count(college) for college in College.values}


def vacancy_words(panel: Panel, college: str, at) -> str:
    """Who left a place empty in a college, when and why; empty when nobody did."""
    words = [
        _("%(person)s (%(cause)s, %(day)s)")
        % {
            "person": row.seat.user,
            "cause": SeatEnd(row.cause).label,
            "day": date_format(row.since, "j F Y") if row.since else "—",
        }
        for row in queries.vacancies(panel, at)
        if row.seat.college == college and row.seat.kind == SeatKind.FULL_MEMBER
    ]
    return _("Vacant: %(people)s.") % {"people": ", ".join(words)} if words else ""


def colleges_sit_equal(panel: Panel, at) -> None:
    """Raises Refusal unless both colleges have as many full members sitting, one at least: says who is missing and what would mend it."""
    found = counts(panel, at)
    few, many = sorted(found, key=lambda college: found[college])
    if found[few] == found[many] and found[few]:
        return
    label = College(few).label
    alternates = panel.seats.current(at).alternates().filter(college=few).select_related("user").order_by("id")
    able = ", ".join(str(seat.user) for seat in alternates)
    reason = _("The %(college)s college has %(filled)s members and the other has %(other)s.") % {
        "college": label,
        "filled": found[few],
        "other": found[many],
    }
    vacant = vacancy_words(panel, few, at)
    raise _refusal(
        "panel_unbalanced",
        f"{reason} {vacant}".strip(),
        _("Appoint a full member of that college, or make one of its alternates a full member: %(people)s.")
        % {"people": able}
        if able
        else _("Appoint until they are equal to be able to review and convene."),
    )


# ---- a composition ----


def number_is_the_rules(rows: list[dict], rules) -> None:
    """As many full members as the rules say in each college, and no more alternates than they allow."""
    wanted, most = rules["full_members_per_college"], rules["alternates_per_college_max"]
    for college in College:
        full = sum(row["kind"] == SeatKind.FULL_MEMBER and row["college"] == college for row in rows)
        alternates = sum(row["kind"] == SeatKind.ALTERNATE and row["college"] == college for row in rows)
        if full != wanted:
            raise _refusal(
                "members_not_the_number",
                _("The rules of this call want %(wanted)s full members in each college; that of %(college)s has %(n)s.")
                % {"wanted": wanted, "college": college.label, "n": full},
                _("Change the seats; the number itself is changed by a new version of the rules, for later calls."),
            )
        if alternates > most:
            raise _refusal(
                "alternates_too_many",
                _("The rules of this call allow %(most)s alternates in each college; that of %(college)s has %(n)s.")
                % {"most": most, "college": college.label, "n": alternates},
                _("Take some off."),
            )


def seat_is_lawful(row: dict, rules, at) -> None:
    """One seat: its holder's office, and the term that goes with it."""
    if row["kind"] == SeatKind.OBSERVER:
        if row.get("college"):
            raise _refusal("observer_has_no_college", _("Who has no vote sits in no college."), field="college")
        if row.get("is_president"):
            raise _refusal(
                "president_missing", _("A co-president is a full member, with a vote."), field="is_president"
            )
        return
    if row["college"] not in College.values:
        raise _refusal("college_missing", _("Say in which college this person sits."), field="college")
    roles = [role for role in (Role.PANEL_MEMBER, Role.CO_PRESIDENT) if has_role(row["user"], role, at, row["college"])]
    if not roles or row.get("is_president") and Role.CO_PRESIDENT not in roles:
        raise _refusal(
            "seat_without_role",
            _("%(person)s does not hold this office for the college of %(college)s.")
            % {"person": row["user"], "college": College(row["college"]).label},
            _("Ask an administrator to propose the role."),
        )
    term_is_lawful(row, rules, at)


def term_end(starts_on: date, rules) -> date:
    """Last day of a term that starts that day."""
    return date.fromordinal(add_months(starts_on, rules["term_months"]).toordinal() - 1)


def term_is_lawful(row: dict, rules, at) -> None:
    """The term has begun, is not over, is no longer than the rules say, and was not renewed more often than they allow."""
    starts, ends, today = row.get("term_starts_on"), row.get("term_ends_on"), timezone.localdate(at)
    who = {"person": row["user"]}
    if starts is None and ends is None:
        return
    if starts is None:
        raise _refusal(
            "term_without_start", _("%(person)s: give the first day of the term too.") % who, field="term_starts_on"
        )
    last = term_end(starts, rules)
    ends = ends or last
    if starts > today:
        raise _refusal(
            "term_not_begun",
            _("%(person)s: the term begins on %(day)s.") % {**who, "day": date_format(starts, "j F Y")},
            _("Appoint from that day."),
            field="term_starts_on",
        )
    if ends < starts:
        raise _refusal(
            "dates_out_of_order", _("%(person)s: the term ends before it begins.") % who, field="term_ends_on"
        )
    if ends < today:
        raise _refusal(
            "term_over",
            _("%(person)s: the term ended on %(day)s.") % {**who, "day": date_format(ends, "j F Y")},
            _("It can be renewed by a new appointing act, within what the rules allow."),
            field="term_ends_on",
        )
    if ends > last:
        raise _refusal(
            "term_too_long",
            _("%(person)s: a term lasts %(months)s months at most, to %(day)s.")
            % {**who, "months": rules["term_months"], "day": date_format(last, "j F Y")},
            _("Bring the end forward."),
            field="term_ends_on",
        )
    earlier = (
        Seat.objects.members()
        .filter(user=row["user"], term_starts_on__lt=starts)
        .values_list("term_starts_on", flat=True)
        .distinct()
    )
    if len(set(earlier)) > rules["term_renewals_max"]:
        raise _refusal(
            "term_renewed_too_often",
            _("%(person)s has had %(n)s terms already; the rules allow %(most)s renewals.")
            % {**who, "n": len(set(earlier)), "most": rules["term_renewals_max"]},
            _("Appoint someone else."),
            field="term_starts_on",
        )


# ---- while the panel is at work ----


def panel_is_at_work(act: Act) -> None:
    if act.obj.call.state in OVER:
        raise Refusal(
            "panel_is_over",
            _("The work of this panel is over: its seats no longer change."),
            article="art. 11",
            status=409,
        )


def seat_may_end(act: Act) -> None:
    """A seat of this panel that nobody has ended; not in the middle of a vote."""
    if act.preview:
        return
    seat = act.get("seat")
    if seat is None or seat.panel_id != act.obj.pk or seat.ends_at is not None:
        raise Refusal("unknown_seat", _("Choose a seat of this panel that has not ended."), field="seat", status=409)
    if act.get("cause") not in SeatEnd.values:
        raise Refusal("cause_missing", _("Say why the seat ends."), field="cause", article="art. 11")
    if Vote.objects.filter(meeting__call=act.obj.call_id, closed_at__isnull=True).exists():
        raise Refusal(
            "vote_open", _("A vote is open."), remedy=_("Close it first."), article="art. 16", status=409, field="seat"
        )


def seat_may_be_filled(act: Act) -> None:
    """A place that is free, for someone who holds the office and does not sit yet (or sits as an alternate of that college)."""
    if act.preview:
        return
    panel, row, rules = act.obj, act.params, act.obj.call.rule_version
    if row.get("user") is None:
        raise Refusal("person_unknown", _("Choose who is appointed."), field="user")
    seat_is_lawful(row, rules, act.at)
    held = panel.seats.not_ended().filter(user=row["user"]).first()
    if held is not None and not (
        held.kind == SeatKind.ALTERNATE and row["kind"] == SeatKind.FULL_MEMBER and held.college == row["college"]
    ):
        raise Refusal(
            "seat_person_twice",
            _("%(person)s already has a seat in this panel.") % {"person": row["user"]},
            remedy=_("If it is over, end it first."),
            article="art. 11",
            field="user",
            status=409,
        )
    _place_is_free(panel, row, rules, act.at)
    if row.get("is_president"):
        other = panel.seats.not_ended().filter(college=row["college"], is_president=True).first()
        if other is not None:
            raise Refusal(
                "co_president_already",
                _("%(person)s presides this college.") % {"person": other.user},
                remedy=_("End that seat first."),
                article="art. 11",
                field="is_president",
                status=409,
            )
    _follows(panel, row)


def _place_is_free(panel: Panel, row: dict, rules, at) -> None:
    if row["kind"] == SeatKind.OBSERVER:
        return
    code = "full_members_per_college" if row["kind"] == SeatKind.FULL_MEMBER else "alternates_per_college_max"
    sitting = panel.seats.current(at).filter(kind=row["kind"], college=row["college"]).count()
    if sitting >= rules[code]:
        raise Refusal(
            "no_free_place",
            _("The %(college)s college already has its %(n)s places filled.")
            % {"college": College(row["college"]).label, "n": rules[code]},
            remedy=_("End a seat first, or appoint the person otherwise."),
            article="art. 11",
            field="kind",
            status=409,
        )


def _follows(panel: Panel, row: dict) -> None:
    former = row.get("replaces")
    if former is None:
        return
    if former.panel_id != panel.pk or former.college != row.get("college", "") or former.ends_at is None:
        raise Refusal(
            "not_a_vacancy",
            _("The seat that is followed is one of the same college that has ended."),
            remedy=_("End it first."),
            article="art. 11",
            field="replaces",
            status=409,
        )
    if former.successors.exists():
        raise Refusal(
            "already_followed",
            _("Someone already follows in that seat."),
            article="art. 11",
            field="replaces",
            status=409,
        )


def gender_is_known(act: Act) -> None:
    if not act.preview and act.get("gender") not in ("", *Gender.values):
        raise Refusal("gender_unknown", _("Choose one of the answers of the list."), field="gender")
