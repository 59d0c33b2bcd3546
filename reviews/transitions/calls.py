"""The verbs of a call that look at its files: closed by the clock, reopened, reviewed, concluded, cancelled."""

from __future__ import annotations

from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from applications import notifications as letters
from applications import queries as files_queries
from applications import transitions as files
from applications.models import Application
from core.transitions import TwoKey, verb
from fund.models import Call
from reviews import queries
from reviews.enums.reading import ACTIVE_ASSIGNMENTS
from reviews.models import Assignment
from reviews.rules import calls as rules
from reviews.rules import panel as panel_rules
from reviews.rules.people import case_officer, clock, co_president, reason_given
from reviews.transitions import agenda, assignments
from reviews.transitions.common import system
from reviews.transitions.declarations import open_declarations

FILED = ("submitted", "information_requested", "eligible", "under_review")


def lapse_drafts(call: Call, at) -> int:
    """Drafts of a closed call that no code keeps open lapse, each in its own transaction. Returns how many."""
    count = 0
    for application in Application.objects.filter(call=call, state="draft").order_by("pk"):
        with transaction.atomic():
            if not files_queries.code_is_live(application, at):
                files.lapse(application=application, actor=system(), at=at)
                count += 1
    return count


@verb(
    machine=Call,
    label=_("close the call"),
    who=(clock,),
    guards=(rules.closing_time_passed,),
    mails=("applications/draft.lapsed",),
)
def close(act, call):
    """The time has passed, and the minutes kept to finish handling what arrived: no file enters any more. Drafts without a live code lapse."""
    call.close(act.at)
    call.save()
    act.note(lapsed=lapse_drafts(call, act.at))


@verb(
    machine=Call,
    label=_("reopen the call"),
    who=(case_officer,),
    guards=(reason_given, rules.new_closing_is_later, rules.no_decision_signed),
    danger=True,
    two_key=TwoKey(
        proposes=(case_officer,),
        approves=(case_officer, co_president),
        title=lambda call: _("Reopen the call “%s”") % call.title,
    ),
    mails=("applications/call.changed",),
)
def reopen(act, call, *, reason, closes_at, partner_deadline_at=""):
    """After an outage: a new closing (ISO instants); drafts that lapsed at the closing are drafts again, their writers are told."""
    act.because(reason)
    new_closing = parse_datetime(closes_at)
    partners = (
        parse_datetime(partner_deadline_at) if partner_deadline_at else max(call.partner_deadline_at, new_closing)
    )
    call.reopen(new_closing, max(partners, new_closing))
    call.save()
    lapsed = list(Application.objects.filter(call=call, state="lapsed", first_received_at__isnull=True).order_by("pk"))
    for application in lapsed:
        application.call = call
        files.revive(application=application, actor=system(), at=act.at)
    act.note(revived=len(lapsed))
    letters.call_changed(call, at=act.at, change="reopened", what=reason.strip())


@verb(
    machine=Call,
    label=_("start the review"),
    who=(case_officer,),
    guards=(panel_rules.files_are_checked, panel_rules.panel_ready, panel_rules.some_file_is_eligible),
)
def start_review(act, call):
    """Every file is checked and the panel is there: eligible files go to the panel."""
    call.start_review()
    call.save()
    eligible = list(Application.objects.filter(call=call, state="eligible").order_by("pk"))
    for application in eligible:
        files.start_review(application=application, actor=act.actor, at=act.at)
    act.note(files=len(eligible))
    open_declarations(queries.panel_of(call), actor=act.actor, at=act.at)


@verb(
    machine=Call, label=_("conclude the call"), who=(case_officer,), guards=(rules.everything_is_notified,), danger=True
)
def conclude(act, call):
    """Every decision is notified: the results, and how the panel sat and voted, are public."""
    call.conclude(act.at)


@verb(
    machine=Call,
    label=_("conclude the call without review"),
    who=(case_officer,),
    guards=(rules.nothing_to_review, rules.everything_is_notified),
)
def conclude_empty(act, call):
    """No file is eligible."""
    call.conclude_empty(act.at)


@verb(
    machine=Call,
    label=_("cancel the call"),
    who=(case_officer,),
    guards=(reason_given, rules.no_decision_waits),
    danger=True,
    two_key=TwoKey(
        proposes=(case_officer,),
        approves=(case_officer, co_president),
        title=lambda call: _("Cancel the call “%s”") % call.title,
    ),
    documents=("dismissal",),
    mails=("applications/application.dismissed", "applications/call.changed"),
)
def cancel(act, call, *, reason):
    """The call stops: filed files are closed without judgement, each with its letter; readings stop."""
    act.because(reason)
    call.cancel(reason.strip(), act.at)
    call.save()
    for row in Assignment.objects.filter(application__call=call, state__in=ACTIVE_ASSIGNMENTS).order_by("pk"):
        assignments.stop(assignment=row, actor=act.actor, at=act.at)
    dismissed = list(Application.objects.filter(call=call, state__in=FILED).order_by("pk"))
    for application in dismissed:
        agenda.file_withdrawn(application=application, actor=act.actor, at=act.at)
        files.dismiss(application=application, actor=act.actor, at=act.at, reason=reason)
    act.note(dismissed=len(dismissed))
    letters.call_changed(call, at=act.at, change="cancelled", applications=call.applications.filter(state="draft"))
