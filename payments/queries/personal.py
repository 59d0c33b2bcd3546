"""What the money side holds about a person: agreements of the team or signed by him, the accounts and files he gave. Bank numbers are masked."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q
from django.db.models.fields.files import FieldFile

from applications.models import Application
from core.models import User
from core.personal import rows
from payments.models import Agreement, Evidence, PayeeAccount


def agreements_of(user: User):
    """Agreements in which this person has a part, whatever role of the fund he holds besides."""
    return Agreement.objects.filter(
        Q(application__in=Application.objects.of_team(user).values("pk"))
        | Q(signatory=user)
        | Q(application__bearer_person=user)
    ).order_by("pk")


def personal(user: User) -> dict:
    return {
        "agreements": rows(
            agreements_of(user),
            reference="reference",
            state="state",
            amount_in_cents="amount",
            bearer="bearer_name",
            capacity_of_the_one_who_signs="signatory_capacity",
            offered_at="offered_at",
            signed_at="signed_at",
        ),
        "bank_accounts_given": rows(
            PayeeAccount.objects.filter(recorded_by=user, agreement__in=agreements_of(user)).order_by("pk"),
            reference="agreement__reference",
            state="state",
            holder="holder",
            iban_last_four="iban_end",
            recorded_at="recorded_at",
        ),
    }


def personal_files(user: User) -> Iterator[tuple[str, str, FieldFile]]:
    """(reference, name, stored file) of the supporting documents this person gave for grants in which he has a part."""
    given = Evidence.objects.filter(uploaded_by=user, agreement__in=agreements_of(user)).exclude(file="")
    for piece in given.select_related("agreement").order_by("pk"):
        yield piece.agreement.reference, f"{piece.pk}-{piece.name}", piece.file
