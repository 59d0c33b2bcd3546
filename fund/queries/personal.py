"""What the institution holds about a person."""

from __future__ import annotations

from django.db.models import Q

from core.models import User
from core.personal import rows
from fund.models import Delegation, RoleGrant


def personal(user: User) -> dict:
    return {
        "roles": rows(
            RoleGrant.objects.filter(user=user).order_by("pk"),
            role="role",
            college="college",
            title="title",
            state="state",
            starts_at="starts_at",
            ends_at="ends_at",
        ),
        "delegations": rows(
            Delegation.objects.filter(Q(delegate=user) | Q(delegator=user)).order_by("pk"),
            reference="reference",
            state="state",
            starts_on="starts_on",
            ends_on="ends_on",
            deed="deed",
        ),
    }
