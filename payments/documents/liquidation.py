"""The sheet of a liquidation file: the controls of the accounting officer with their facts, and the list of the supporting documents."""

from __future__ import annotations

from django.utils import translation

from core import documents
from core.models import Document
from core.transitions import canonical_hash
from payments.documents.common import day, envelope, euros, fund, hour, officer
from payments.queries import liquidation


def liquidation_sheet(order, *, at) -> Document:
    """Internal accounting document, as of that day. The account is known by its version alone. The same content gives the same sheet."""
    instalment = order.instalment
    with translation.override("fr"):
        context = {
            **fund(),
            **officer(instalment.agreement),
            **envelope(instalment.agreement.application.call),
            "reference": instalment.agreement.reference,
            "order": order.reference,
            "end_to_end_id": order.end_to_end_id,
            "basis": instalment.basis,
            "creditor": instalment.agreement.bearer_name,
            "amount": euros(order.amount),
            "outcome": str(order.outcome_label) if order.ended_at else "",
            "letter_on": day(at),
            "checks": [
                {
                    "label": str(one.label),
                    "article": one.article,
                    "facts": one.facts,
                    "by": str(one.by) if one.by else "",
                    "at": hour(one.at) if one.at else "",
                    "batch": one.batch,
                }
                for one in liquidation.checklist(order)
            ],
            "pieces": [
                {"name": one.name, "nature": one.nature, "day": day(one.day), "sha256": one.sha256}
                for one in liquidation.pieces(order)
            ],
        }
    same = Document.objects.filter(
        kind="liquidation_sheet",
        owner_machine=instalment.machine,
        owner_id=instalment.pk,
        context_hash=canonical_hash(context),
    ).exclude(state="void")
    return same.order_by("-pk").first() or documents.freeze(
        "liquidation_sheet",
        owner=instalment,
        subject=instalment.agreement.reference,
        title=f"Dossier de liquidation de l’ordre {order.reference}",
        context=context,
        at=at,
    )
