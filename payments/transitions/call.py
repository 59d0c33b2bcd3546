"""The end of a call: its last grant is over (the verb lives here, the highest room it touches)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.transitions import clock, verb
from fund.models import Call
from payments.rules import call as rules
from payments.rules.people import case_officer


@verb(machine=Call, label=_("archive the call"), who=(case_officer, clock), guards=(rules.everything_is_over,))
def archive(act, call):
    """Nothing of the call is open any more: no file on the reserve list, every agreement ended, nothing to pay back."""
    call.archive(act.at)
