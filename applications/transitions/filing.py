"""Filing: the working copy becomes a version that never changes, with its receipt; it may be replaced until closing, completed on request, withdrawn."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from applications import documents as papers
from applications import queries
from applications.enums import SectionCode
from applications.models import Application, ApplicationVersion, InformationRequest
from applications.notifications import tell, tell_staff, writers_of
from applications.queries.silence import clock_of
from applications.rules import filing as rules
from applications.rules import instruction, people, rights, window
from applications.transitions.common import columns, lock_call
from core.transitions import canonical_hash, clock, verb

FILING = (
    window.filing_is_open,
    rights.whole_file,
    rules.applicant_may_file,
    rules.bodies_may_receive,
    rules.one_file_per_applicant,
    rules.no_other_check_fails,
    rules.complete,
    rules.everyone_agreed,
)


def _version(act, application: Application, content: dict) -> ApplicationVersion:
    """Freeze a content; the columns and the documents follow it."""
    last = application.versions.order_by("-number").first()
    version = ApplicationVersion.objects.create(
        application=application,
        number=last.number + 1 if last else 1,
        content=content,
        content_hash=canonical_hash(content),
        filed_at=act.at,
        received_at=act.at,
        filed_by=act.actor,
    )
    for name, value in columns(application, content, create=True).items():
        setattr(application, name, value)
    filed = [piece["id"] for piece in content["documents"].get("files", [])]
    application.attachments.filter(pk__in=filed, first_filed_at=None).update(first_filed_at=act.at)
    act.note(version=version.number, content_hash=version.content_hash, amount=application.requested_amount)
    return version


def _file(act, application: Application, move, access_code: str) -> None:
    """`at` is the receipt of the request. An access code used after closing is counted, and its reason stays on the file."""
    if not application.call.is_open(act.at):
        code = window.find_code(application, access_code, act.at)
        code.uses += 1
        code.save(update_fields=["uses"])
        application.late_reason = code.reason
        act.note(access_code=code.pk)
    version = _version(act, application, queries.content_now(application))
    move(version, act.at)
    application.save()
    version.receipt = papers.freeze_receipt(application, version, at=act.at)
    version.save(update_fields=["receipt"])
    clock_ = clock_of(application, act.at)
    tell(
        "application.receipt",
        application,
        f"/documents/{version.receipt.code}/",
        at=act.at,
        wait_for=version.receipt,
        received_at=act.at,
        again=version.number > 1,
        rejected_on=clock_.rejected_on,
        decided_later=clock_.decided_later,
        partner_until=queries.partner_awaited_until(application, act.at),
    )


@verb(
    machine=Application,
    label=_("file the application"),
    who=(people.applicant,),
    guards=FILING,
    documents=("receipt",),
    mails=("applications/application.receipt",),
    lock=lock_call,
)
def submit(act, application, *, access_code=""):
    """File the draft: what all signatories agreed to is frozen, the receipt made. `access_code` opens the door after closing."""
    _file(act, application, application.submit, access_code)


@verb(
    machine=Application,
    label=_("file the new version"),
    who=(people.applicant,),
    guards=(window.filing_is_open, rules.something_to_file, *FILING[1:]),
    documents=("receipt",),
    mails=("applications/application.receipt",),
    lock=lock_call,
)
def refile(act, application, *, access_code=""):
    """File the copy in place of what was filed, before closing. A new receipt; the two months still run from the first."""
    _file(act, application, application.refile, access_code)


@verb(
    machine=Application,
    label=_("withdraw the application"),
    who=(people.applicant,),
    guards=(rights.whole_file,),
    mails=("applications/application.withdrawn",),
    danger=True,
)
def withdraw(act, application, *, reason=""):
    """Stop the examination, before any notification. `reason` is optional and kept."""
    if reason.strip():
        act.because(reason)
    was_filed = application.is_filed
    close_request(application, act)
    application.withdraw(act.at)
    if was_filed:
        tell("application.withdrawn", application, "", at=act.at, withdrawn_at=act.at)


@verb(
    machine=Application,
    label=_("let the draft lapse"),
    who=(clock,),
    guards=(window.never_filed_and_over,),
    mails=("applications/draft.lapsed",),
)
def lapse(act, application):
    """The call is closed and the draft was never filed: it stays readable and can be copied."""
    application.lapse(act.at)
    months = application.call.rule_version["retention_lapsed_draft_months"]
    tell("draft.lapsed", application, "", at=act.at, to=writers_of(application), months=months)


@verb(machine=Application, label=_("reopen the draft"), who=(people.applicant, clock), guards=(window.may_revive,))
def revive(act, application):
    """An access code, or the call itself, opens the door again (a call being reopened must be saved first)."""
    application.revive()


# The request the fund opened, moved by the acts of the file.


@verb(machine=InformationRequest, label=_("answer the request"), who=(people.applicant,), inner=True, name="answer")
def answer_request(act, information_request, *, text):
    """Answered, with a word."""
    information_request.answer(act.actor, act.at, text)


@verb(
    machine=InformationRequest,
    label=_("drop the request"),
    who=(people.case_officer,),
    inner=True,
    name="withdraw",
    fsm="withdraw",
)
def withdraw_request(act, information_request):
    """No longer needed, or the file is over."""
    information_request.withdraw(act.at)


def close_request(application: Application, act) -> None:
    """Close the open request of a file whose life stops."""
    request = queries.open_request(application)
    if request is not None:
        withdraw_request(information_request=request, actor=act.actor, at=act.at)


def answered_content(application: Application, request: InformationRequest) -> dict:
    """What is filed, with only the sections that were asked taken from the working copy."""
    now = queries.content_now(application)
    return {code: now[code] if code in request.sections else application.content[code] for code in SectionCode.values}


@verb(
    machine=Application,
    label=_("send the answer"),
    who=(people.applicant,),
    guards=(instruction.request_is_running, rights.whole_file, instruction.answer_says_something),
    mails=("applications/information.received", "applications/information.answered_staff"),
)
def answer(act, application, *, text=""):
    """Answer the fund's request in time: only what was asked changes. `text` says what was done, or why something cannot be given."""
    request = queries.open_request(application)
    content = answered_content(application, request)
    answer_request(information_request=request, actor=act.actor, at=act.at, text=text.strip())
    version = _version(act, application, content)
    application.answer(version, act.at)
    rejected_on = clock_of(application, act.at).rejected_on
    tell("information.received", application, "", at=act.at, answered_at=act.at, rejected_on=rejected_on)
    tell_staff("information.answered_staff", application, "", at=act.at)


__all__ = ["answer", "answered_content", "close_request", "lapse", "refile", "revive", "submit", "withdraw"]
