"""Giving up while the panel works: the highest room the act touches is this one."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from applications import transitions as files
from applications.models import Application
from applications.rules.rights import whole_file
from core.transitions import verb
from reviews.enums.reading import ACTIVE_ASSIGNMENTS
from reviews.models import Assignment
from reviews.rules.people import applicant
from reviews.transitions import agenda, assignments, decisions
from reviews.transitions.common import lock_money


@verb(
    machine=Application,
    label=_("withdraw the application under review"),
    who=(applicant,),
    guards=(whole_file,),
    name="leave_review",
    fsm="withdraw_from_review",
    mails=("applications/application.withdrawn",),
    ledger=("release_reservation",),
    danger=True,
    lock=lock_money,
)
def withdraw_from_review(act, application, *, reason=""):
    """Before any notification: readings stop, a decision that nobody knows yet is annulled and its money released."""
    for row in Assignment.objects.filter(application=application, state__in=ACTIVE_ASSIGNMENTS).order_by("pk"):
        assignments.stop(assignment=row, actor=act.actor, at=act.at)
    agenda.file_withdrawn(application=application, actor=act.actor, at=act.at)
    decisions.annul_pending(application, actor=act.actor, at=act.at)
    files.withdraw_from_review(application=application, actor=act.actor, at=act.at, reason=reason)
    application.refresh_from_db()
