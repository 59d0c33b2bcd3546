"""What the registry holds about a person: how many earlier grants he brought in."""

from __future__ import annotations

from core.models import User
from registry.models import PastGrant


def personal(user: User) -> dict:
    return {"earlier_grants_imported": PastGrant.objects.filter(imported_by=user).count()}
