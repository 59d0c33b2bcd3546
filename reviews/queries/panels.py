"""Who sits where: panels of a person, seats of a person, who presides, who may stand in."""

from __future__ import annotations

from core.models import User
from fund.enums import COLLEGE_ROLES, CallState, College, Role
from fund.models import Call, RoleGrant
from fund.queries import holders
from reviews.enums.reading import DeclarationState, SeatKind
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
    return Seat.objects.current().filter(panel=panel, user=user).select_related("panel__call").first()


def seats(panel: Panel) -> list[Seat]:
    """Seats filled now, civil society then State, presidents first."""
    return list(panel.seats.current().select_related("user").order_by("college", "-is_president", "-kind", "id"))


def my_panels(user) -> list[Panel]:
    """Panels in which this person sits, whose call is not over, newest first."""
    return list(
        Panel.objects.filter(seats__user=user, seats__ends_at__isnull=True)
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


def recused_ids(application) -> set[int]:
    """People recused from a file."""
    return set(
        Declaration.objects.filter(application=application, state=DeclarationState.RECUSED).values_list(
            "user_id", flat=True
        )
    )


def acting_president(panel: Panel | None, college: str, application=None, at=None) -> User | None:
    """Who presides for a college: its co-president, or when he is recused from the file (or nobody holds the office) the full member who stands in."""
    away = recused_ids(application) if application is not None else set()
    presidents = list(holders(Role.CO_PRESIDENT, at, college))
    for person in presidents:
        if person.pk not in away:
            return person
    if panel is None:
        return None
    members = (
        panel.seats.current()
        .filter(college=college, kind=SeatKind.FULL_MEMBER)
        .exclude(user__in=away | {person.pk for person in presidents})
    )
    seat = members.order_by("-acts_for_president", "id").select_related("user").first()
    return seat.user if seat else None


def fund_of_panel(panel):
    """The envelope as the public knows it: what a member may always see, whatever was voted since."""
    from fund.ledger import queries as ledger

    return ledger.envelope_bar(panel.call.envelope, public=True)
