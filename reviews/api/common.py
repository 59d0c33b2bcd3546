"""What every resource of the panel shares: input read, and the files closed to a person."""

from __future__ import annotations

from django.db.models import Q

from applications import queries as files
from applications.models import Application
from reviews.models import Seat
from reviews.queries import interests


def data_of(serializer_class, request) -> dict:
    given = serializer_class(data=request.data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


def closed_to(user):
    """Files closed to this person: recused, or with an interest; his own team's are his, but not from the panel's side."""
    return Application.objects.filter(
        Q(pk__in=interests.recused_files(user)) | Q(pk__in=files.with_interest(user).values("pk"))
    ).values("pk")


def sits(user):
    return Seat.objects.current().filter(user=user).values("panel")
