"""Who writes the numbers of Chorus, and what they look like."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from core.transitions import Refusal
from payments.rules.people import accounting_officer, authorising_officer, has_interest

_BLANKS = re.compile(r"\s")


def may_write(actor, at) -> bool:
    """The two officers in whose software the numbers are born."""
    return accounting_officer(actor, None, at) or authorising_officer(actor, None, at)


def who_may(order, actor, at) -> None:
    if not may_write(actor, at):
        raise Refusal(
            "not_permitted", _("Only an authorising or accounting officer writes the numbers of Chorus."), status=403
        )
    if has_interest(actor, order.instalment.agreement.application):
        raise Refusal(
            "officer_interest",
            _("You, your association or your department have a link with this grant."),
            remedy=_("Another person must do it."),
            article="art. 9",
            status=403,
        )


def number_of(text: str, field: str) -> str:
    """Ten digits, blanks left out; "" when there is none. Raises Refusal."""
    number = _BLANKS.sub("", text or "")
    if number and not re.fullmatch(r"[0-9]{10}", number):
        raise Refusal(
            "content_invalid",
            _("A number of Chorus has ten digits."),
            remedy=_("Copy it from the commitment or the payment request, or leave this empty."),
            field=field,
        )
    return number
