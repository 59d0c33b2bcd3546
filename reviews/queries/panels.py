"""Who sits where: panels of a person, seats of a person, who presides, who may stand in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from core.models import User
from fund.enums import COLLEGE_ROLES, CallState, College, Role
from fund.models import Call, RoleGrant
from reviews.enums.reading import DeclarationState, Gender, SeatEnd, SeatKind
from reviews.models import Declaration, Panel, Seat

COLLEGES = (College.CIVIL_SOCIETY, College.STATE)


def panel_of(call: Call) -> Panel | None:
    return Panel.objects.filter(call=call).select_related("call__rule_version", "call__envelope").first()


def find_panel(slug: str) -> Panel | None:
    """The panel of a call by the call's address."""
    return Panel.objects.filter(call__slug=slug).select_related("call__rule_version", "call__envelope").first()


def seat_of(user, panel: Panel | None) -> Seat | None:
    """The seat this person holds in a panel now."""
    if panel is None or not getattr(user, "pk", None):
        return None
    return Seat.objects.current().members().filter(panel=panel, user=user).select_related("panel__call").first()


def seats(panel: Panel) -> list[Seat]:
    """Members who sit now, civil society then State, presidents first, alternates last."""
    rows = panel.seats.current().members().select_related("user")
    return list(rows.order_by("college", "-is_president", "-kind", "id"))


def observers(panel: Panel) -> list[Seat]:
    """Those who may attend without a vote."""
    return list(panel.seats.current().filter(kind=SeatKind.OBSERVER).select_related("user").order_by("id"))


@dataclass(frozen=True)
class Vacancy:
    """A place of a full member that nobody fills: `since` and why. `seat` when its holder's role or term is over and no officer has ended it yet."""

    seat: Seat
    since: date | None
    cause: str
    to_end: bool

    @property
    def label(self) -> str:
        return str(SeatEnd(self.cause).label)


def _lapsed(panel: Panel, at) -> list[Vacancy]:
    """Seats that nobody ended, whose term or role is over."""
    rows = panel.seats.not_ended().exclude(pk__in=panel.seats.current(at).values("pk")).select_related("user")
    found = []
    for seat in rows.order_by("college", "id"):
        if seat.term_ends_on and seat.term_ends_on < timezone.localdate(at):
            found.append(Vacancy(seat, seat.term_ends_on, SeatEnd.END_OF_TERM, True))
            continue
        last = (
            RoleGrant.objects.filter(user=seat.user_id, college=seat.college, role__in=COLLEGE_ROLES, ends_at__lte=at)
            .order_by("-ends_at")
            .first()
        )
        found.append(Vacancy(seat, timezone.localdate(last.ends_at) if last else None, SeatEnd.ROLE_ENDED, True))
    return found


def vacancies(panel: Panel, at) -> list[Vacancy]:
    """Places that are empty: seats ended while the panel was at work that nobody follows, and those whose term or role is over."""
    ended = (
        panel.seats.filter(ends_at__lte=at, successors__isnull=True)
        .exclude(end_cause="")
        .exclude(kind=SeatKind.OBSERVER)
        .select_related("user")
    )
    rows = [Vacancy(seat, timezone.localdate(seat.ends_at), seat.end_cause, False) for seat in ended.order_by("id")]
    return _lapsed(panel, at) + rows


def genders(rows) -> dict[str, dict[str, int]]:
    """Women, men, others, not said among the full members and alternates of each college: counts, never names."""
    found = {}
    for college in COLLEGES:
        mine = [seat.gender for seat in rows if seat.college == college]
        found[str(college)] = {code: mine.count(code) for code in (*Gender.values, "")}
    return found


def my_panels(user) -> list[Panel]:
    """Panels in which this person sits, whose call is not over, newest first."""
    return list(
        Panel.objects.filter(pk__in=Seat.objects.current().filter(user=user).members().values("panel"))
        .exclude(call__state__in=(CallState.ARCHIVED, CallState.CANCELLED))
        .select_related("call__rule_version", "call__envelope")
        .order_by("-id")
        .distinct()
    )


def candidates(at) -> list[dict]:
    """People who may sit: those who hold a college role, with what a first composition proposes."""
    found: dict[tuple[int, str], dict] = {}
    for grant in (
        RoleGrant.objects.in_effect(at)
        .filter(role__in=COLLEGE_ROLES, user__is_active=True)
        .select_related("user")
        .order_by("user__name", "id")
    ):
        row = found.setdefault(
            (grant.user_id, grant.college),
            {
                "user": grant.user,
                "college": grant.college,
                "title": grant.title,
                "kind": SeatKind.FULL_MEMBER,
                "is_president": False,
                "term_starts_on": timezone.localdate(grant.starts_at),
                "term_ends_on": timezone.localdate(grant.ends_at) if grant.ends_at else None,
            },
        )
        row["title"] = row["title"] or grant.title
        row["is_president"] = row["is_president"] or grant.role == Role.CO_PRESIDENT
        if "suppléant" in grant.title.lower() or "alternate" in grant.title.lower():
            row["kind"] = SeatKind.ALTERNATE
    return sorted(
        found.values(),
        key=lambda row: (
            row["college"],
            not row["is_president"],
            str(row["kind"]) != SeatKind.FULL_MEMBER,
            str(row["user"]),
        ),
    )


def account_of(email: str) -> User | None:
    """The active account of an address: who may attend without a vote."""
    return User.objects.filter(email__iexact=email, is_active=True).first() if email else None


def recused_ids(application) -> set[int]:
    """People recused from a file."""
    return set(
        Declaration.objects.filter(application=application, state=DeclarationState.RECUSED).values_list(
            "user_id", flat=True
        )
    )


def fund_of_panel(panel):
    """The envelope as the public knows it: what a member may always see, whatever was voted since."""
    from fund.ledger import queries as ledger

    return ledger.envelope_bar(panel.call.envelope, public=True)
