"""Who holds which role, at which instant."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from core.models import User
from fund.enums import College, Role, RoleGrantState
from fund.models import RoleGrant


def _grants(user: User) -> list[RoleGrant]:
    """All grants of a person, read once for the life of the instance (a request): a page asks this question many times."""
    if "_role_grants" not in user.__dict__:
        user.__dict__["_role_grants"] = list(RoleGrant.objects.filter(user=user))
    return user.__dict__["_role_grants"]


def roles_of(user: User | AnonymousUser, at: datetime | None = None) -> list[RoleGrant]:
    """The roles this person holds at this instant."""
    if not getattr(user, "pk", None) or not user.is_active:
        return []
    at = at or timezone.now()
    return [grant for grant in _grants(user) if grant.is_in_effect(at)]


def has_role(user, role: Role | str, at: datetime | None = None, college: College | str | None = None) -> bool:
    """Does this person hold the role at this instant (now by default), for that college when one is given?"""
    return any(grant.role == role and (college is None or grant.college == college) for grant in roles_of(user, at))


def holders(role: Role | str, at: datetime | None = None, college: College | str | None = None) -> QuerySet[User]:
    """The active people who hold the role at this instant."""
    grants = RoleGrant.objects.in_effect(at or timezone.now()).filter(role=role, user=OuterRef("pk"))
    if college is not None:
        grants = grants.filter(college=college)
    return User.objects.filter(Exists(grants), is_active=True).order_by("id")


def college_of_president(user, at: datetime) -> str:
    """The college this person presides at this instant, or an empty text."""
    return next((grant.college for grant in roles_of(user, at) if grant.role == Role.CO_PRESIDENT), "")


def grants(at: datetime) -> QuerySet[RoleGrant]:
    """Every role that is proposed, held or to come, with its person."""
    return (
        RoleGrant.objects.filter(
            Q(state=RoleGrantState.PROPOSED)
            | Q(state=RoleGrantState.GRANTED) & (Q(ends_at__isnull=True) | Q(ends_at__gt=at))
        )
        .select_related("user", "granted_by")
        .order_by("role", "college", "starts_at", "id")
    )


def past_grants(at: datetime) -> QuerySet[RoleGrant]:
    """Roles that are over, latest end first. What was proposed and never granted is not a role."""
    return (
        RoleGrant.objects.filter(Q(state=RoleGrantState.ENDED) | Q(state=RoleGrantState.GRANTED, ends_at__lte=at))
        .select_related("user", "granted_by")
        .order_by("-ends_at", "-id")
    )


def overlapping(starts_at: datetime, ends_at: datetime | None, *, besides: int | None = None) -> QuerySet[RoleGrant]:
    """Granted roles held at some instant of `[starts_at, ends_at)`, but the row `besides`."""
    found = RoleGrant.objects.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=starts_at), state=RoleGrantState.GRANTED)
    if ends_at is not None:
        found = found.filter(starts_at__lt=ends_at)
    return found.exclude(pk=besides) if besides else found


def ever_granted() -> bool:
    """Whether a role was ever given: the bootstrap works before that only."""
    return RoleGrant.objects.filter(state__in=(RoleGrantState.GRANTED, RoleGrantState.ENDED)).exists()


def two_keys_can_turn(beneficiary: User | None, at: datetime) -> bool:
    """Whether a role can be given to this person the ordinary way: an administrator proposes, a co-president other than him and the person approves."""
    administrators = set(holders(Role.ADMINISTRATOR, at).values_list("pk", flat=True))
    presidents = set(holders(Role.CO_PRESIDENT, at).values_list("pk", flat=True)) - {
        beneficiary.pk if beneficiary else None
    }
    return any(presidents - {administrator} for administrator in administrators)
