"""What higher rooms do to the file: the panel starts, a decision is notified, a call is cancelled, a grant is given up. They run only inside another verb."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from applications import documents as papers
from applications.models import Application
from applications.notifications import tell
from applications.rules import people
from applications.transitions.filing import close_request
from core.transitions import Refusal, Who, clock, verb
from fund.enums import CallState

notification = Who("DN", _("the notification of a decision"), lambda actor, obj, at: False)
call_act = Who("CA", _("an act on the call"), lambda actor, obj, at: False)


def call_goes_on(act) -> None:
    """An ineligible file comes back only while the call is not concluded."""
    if act.obj.call.state not in (CallState.PUBLISHED, CallState.CLOSED, CallState.UNDER_REVIEW):
        raise Refusal("call_concluded", _("The call is concluded."), status=409)


@verb(
    machine=Application,
    label=_("become ineligible"),
    who=(notification,),
    inner=True,
    mails=("applications/eligibility.ineligible",),
)
def declare_ineligible(act, application, *, document=None):
    """The decision of ineligibility is notified. `document` is its letter: the mail waits for it."""
    application.declare_ineligible()
    tell("eligibility.ineligible", application, "decision/", at=act.at, wait_for=document)


@verb(
    machine=Application,
    label=_("become eligible again"),
    who=(notification,),
    inner=True,
    name="reinstate",
    guards=(call_goes_on,),
)
def _reinstate(act, application):
    """An appeal was granted; when the panel is already at work the review starts at once."""
    application.reinstate(act.at)


def reinstate(*, application, actor, at):
    """Eligible again after an appeal; under review at once when the call is. Returns the file."""
    row = _reinstate(application=application, actor=actor, at=at)
    if row.call.state == CallState.UNDER_REVIEW:
        row = start_review(application=row, actor=actor, at=at)
    return row


reinstate.verb, reinstate.keyword = _reinstate.verb, _reinstate.keyword  # type: ignore[attr-defined]
object.__setattr__(_reinstate.verb, "call", reinstate)


@verb(machine=Application, label=_("start the review"), who=(call_act,), inner=True)
def start_review(act, application):
    """The call is under review: the panel declares, reads, scores."""
    application.start_review()


@verb(machine=Application, label=_("become funded"), who=(notification,), inner=True)
def select(act, application):
    """The award is notified."""
    application.select()


@verb(machine=Application, label=_("enter the reserve list"), who=(notification,), inner=True)
def put_on_reserve(act, application):
    """Ranked, waiting for money."""
    application.put_on_reserve()


@verb(machine=Application, label=_("not be selected"), who=(notification,), inner=True)
def reject(act, application):
    """Not selected, or the award taken back, or the end of the reserve list."""
    application.reject()


@verb(
    machine=Application,
    label=_("be dismissed"),
    who=(call_act,),
    inner=True,
    documents=("dismissal",),
    mails=("applications/application.dismissed",),
)
def dismiss(act, application, *, reason=""):
    """The call is cancelled: closed without judgement, with a letter. `reason` is the call's (read from it when not given)."""
    why = reason.strip() or application.call.cancelled_reason
    close_request(application, act)
    letter = papers.freeze_dismissal(application, reason=why, at=act.at)
    application.dismiss(act.at)
    tell("application.dismissed", application, f"/documents/{letter.code}/", at=act.at, wait_for=letter, reason=why)


@verb(
    machine=Application,
    label=_("withdraw during the review"),
    who=(people.applicant,),
    inner=True,
    mails=("applications/application.withdrawn",),
)
def withdraw_from_review(act, application, *, reason=""):
    """The applicant withdraws while the panel works."""
    if reason.strip():
        act.because(reason)
    application.withdraw_from_review(act.at)
    tell("application.withdrawn", application, "", at=act.at, withdrawn_at=act.at)


@verb(machine=Application, label=_("give up the grant"), who=(people.applicant,), inner=True)
def renounce(act, application):
    """The laureate gave the grant up before both had signed."""
    application.renounce(act.at)


@verb(machine=Application, label=_("let the award lapse"), who=(clock,), inner=True)
def lapse_award(act, application):
    """The time to accept or to sign passed."""
    application.lapse_award(act.at)
