"""What core holds about a person, as plain JSON values. Each room has such a function; desks puts them together."""

from __future__ import annotations

from django.db.models import Q

from core.documents import is_visible
from core.models import ApiToken, Document, Event, Mail, Signature, TwoKeyAct, User


def rows(queryset, **columns: str) -> list[dict]:
    """Rows as dicts: `rows(found, reference="application__reference")`; the keys are those of the file of one's data (docs/personal-data.md)."""
    return [dict(zip(columns, values, strict=True)) for values in queryset.values_list(*columns.values())]


def personal(user: User) -> dict:
    """Account, tokens (never the secret), mails received (subject and date), signatures and acts."""
    return {
        "account": {
            "key": user.pk,
            "email": user.email,
            "name": user.name,
            "language": user.language,
            "mails_off": user.mails_off,
            "created_at": user.created_at,
        },
        "tokens": rows(
            ApiToken.objects.filter(user=user).order_by("pk"),
            label="label",
            created_at="created_at",
            expires_at="expires_at",
            revoked_at="revoked_at",
        ),
        "mails_received": rows(
            Mail.objects.filter(Q(recipient=user) | Q(to__iexact=user.email)).order_by("pk"),
            subject="subject",
            date="created_at",
        ),
        "signatures": rows(
            Signature.objects.filter(signer=user).order_by("pk"),
            document="document__code",
            title="document__title",
            capacity="capacity",
            signed_at="signed_at",
            evidence="evidence",
        ),
        "two_key_acts_proposed": rows(
            TwoKeyAct.objects.filter(proposed_by=user).order_by("pk"),
            reference="reference",
            state="state",
            proposed_at="proposed_at",
        ),
        "acts": rows(
            Event.objects.filter(actor=user).order_by("pk"), at="at", machine="machine", verb="verb", subject="subject"
        ),
    }


def documents_of(user: User, subjects: list[str]) -> list[Document]:
    """Rendered documents this person may open, among those of these files and those the person signed."""
    found = Document.objects.filter(
        Q(subject__in=subjects) | Q(pk__in=Signature.objects.filter(signer=user).values("document")), state="rendered"
    )
    return [document for document in found.order_by("pk").defer("context") if is_visible(user, document)]
