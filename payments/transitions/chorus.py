"""The numbers that Chorus gave: when the State pays, its commitment (EJ) and its payment request (DP) stand beside the fund's own references."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.transitions import Refusal, check_text, locked
from fund.models import FundIdentity
from payments.models import PaymentOrder
from payments.rules.chorus import number_of, who_may
from payments.transitions.common import record_event


def record_numbers(*, order: PaymentOrder, commitment: str, request: str, actor, at) -> PaymentOrder:
    """Keep both as they stand now, ten digits or "" for none; what they were stays in the events of the payment. Raises Refusal (`not_permitted`,
    `officer_interest`, `no_chorus`, `content_invalid`, `number_taken`)."""
    check_text([commitment, request])
    if not FundIdentity.current().pays_through_chorus:
        raise Refusal(
            "no_chorus",
            _("This fund does not pay through Chorus."),
            remedy=_("If it does, an administrator says so in the identity of the fund."),
            status=409,
        )
    who_may(order, actor, at)
    commitment, request = number_of(commitment, "commitment"), number_of(request, "request")
    with transaction.atomic():
        agreement = locked(order.instalment.agreement)
        row = PaymentOrder.objects.select_for_update(of=("self",)).get(pk=order.pk)
        if (agreement.chorus_commitment, row.chorus_request) == (commitment, request):
            return row
        agreement.chorus_commitment, row.chorus_request = commitment, request
        agreement.save(update_fields=["chorus_commitment"])
        try:
            with transaction.atomic():
                row.save(update_fields=["chorus_request"])
        except IntegrityError as error:
            raise Refusal(
                "number_taken",
                _("Another order already has this payment request."),
                remedy=_("Look at the number again: Chorus gives one to each request."),
                field="request",
                status=409,
            ) from error
        record_event(
            order.instalment,
            "chorus_numbers",
            actor=actor,
            at=at,
            order=row.reference,
            commitment=commitment,
            request=request,
        )
    return row
