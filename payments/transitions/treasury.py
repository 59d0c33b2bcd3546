"""The papers a recipient or staff ask for. They change nothing of the grant; each new one is an event."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from core.models import Document
from core.transitions import Refusal, locked
from payments import documents as papers
from payments.models.agreement import sees_all_money
from payments.rules.people import is_party
from payments.transitions.common import record_event

MAKERS = {
    "grant_statement": papers.grant_statement,
    "annual_statement": papers.annual_statement,
    "financial_figures": papers.financial_figures,
}


def issue(*, agreement, actor, at, kind: str, year: int | None = None) -> Document:
    """The paper of that kind as of now; the same one for the same content. Raises Refusal before the signature, or for a year without movement."""
    if not (is_party(actor, agreement) or sees_all_money(actor)):
        raise Refusal("not_permitted", _("This paper belongs to the recipient of the grant and to the fund."))
    with transaction.atomic():
        agreement = locked(agreement)
        if not agreement.is_signed:
            raise Refusal(
                "agreement_not_signed",
                _("The agreement is not signed by both sides: there is no account yet."),
                remedy=_("Come back once it is signed."),
                status=409,
            )
        last = Document.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        try:
            made = MAKERS[kind](agreement, at=at, year=year)
        except KeyError as error:
            raise Refusal("nothing_that_year", _("No money moved in that year."), status=404) from error
        if made.pk > last:
            record_event(agreement, "issue_paper", actor=actor, at=at, kind=kind, document=made.code)
        return made
