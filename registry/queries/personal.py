"""What the registry holds about a person: how many earlier grants he brought in, what the address of the account follows by mail."""

from __future__ import annotations

from core.models import User
from registry.models import HistoryFile, PastGrant
from registry.queries.follow import of_person


def personal(user: User) -> dict:
    return {
        "earlier_grants_imported": PastGrant.objects.filter(imported_by=user).count(),
        "files_of_earlier_grants": HistoryFile.objects.filter(by=user).count(),
        "followed_by_mail": of_person(user),
    }
