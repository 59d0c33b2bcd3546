"""Guard of the end of a call."""

from __future__ import annotations

from django.utils.translation import gettext as _

from core.transitions import Act, Refusal
from payments.queries.agreements import open_of_call


def everything_is_over(act: Act) -> None:
    found = open_of_call(act.obj)
    if found:
        raise Refusal(
            "call_not_over",
            _("The call is not over: %(things)s.") % {"things": ", ".join(found)},
            remedy=_("It is archived once they are closed."),
            article="art. 6",
            status=409,
        )
