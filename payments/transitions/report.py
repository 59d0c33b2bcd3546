"""The report: expected from the signature on, written at leisure, filed by the referent, accepted line by line."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from applications.periods import next_working_day
from core.transitions import Refusal, locked, verb
from fund.enums import Trigger
from payments import documents as papers
from payments.enums import REPORT_WRITABLE, EvidenceKind, ReportKind, ReportState
from payments.models import Report, ReportLine
from payments.notifications import tell
from payments.rules import report as rules
from payments.rules.people import authorising_officer, case_officer, clock, no_interest, party, reason_given, referent
from payments.schedule import balance_due, final_report_due, interim_report_due, unspent
from payments.transitions import instalment as instalments
from payments.transitions.common import followed_by, keep_file, lock_money, record_event

PIECES_MAX = 40
FACTS = ("narrative", "learnt", "repository_url", "demo_url", "licence", "adoption", "adoption_comment")


def expect_all(agreement, *, actor, at) -> Report:
    """The final report, and an interim one when the plan waits for it or the project is long. Returns the final one."""
    triggers = set(agreement.application.call.instalment_lines.values_list("trigger", flat=True))
    if (
        Trigger.INTERIM_REPORT_ACCEPTED in triggers
        or agreement.duration_months > agreement.rules["interim_report_over_months"]
    ):
        expect(
            agreement=agreement,
            actor=actor,
            at=at,
            kind=ReportKind.INTERIM,
            due_on=interim_report_due(agreement.starts_on, agreement.ends_on),
        )
    due_on = final_report_due(
        agreement.ends_on,
        private_body=agreement.application.bearer_person_id is None,
        months=agreement.rules["final_report_months_after_project_end"],
    )
    return expect(agreement=agreement, actor=actor, at=at, kind=ReportKind.FINAL, due_on=due_on)


@verb(
    machine=Report, label=_("expect the report"), who=(authorising_officer,), creates="due", on="agreement", inner=True
)
def expect(act, agreement, *, kind, due_on):
    """A report is due that day."""
    return Report.objects.create(agreement=agreement, kind=kind, due_on=due_on)


@verb(machine=Report, label=_("start the report"), who=(party,), guards=(rules.agreement_going,))
def start(act, report):
    """Open the draft with the lines of the filed budget."""
    report.start(act.at, act.actor)
    expenses = report.agreement.application.content.get("budget", {}).get("expenses", [])
    ReportLine.objects.bulk_create(
        ReportLine(
            report=report,
            position=position,
            account=row.get("account") or "",
            label=(row.get("label") or "")[:200],
            budget_amount=row.get("amount") or 0,
        )
        for position, row in enumerate(expenses, start=1)
    )
    report.budget_total_amount = sum(row.get("amount") or 0 for row in expenses)


def _save(act, report, method, facts, lines) -> None:
    """Keep what was written, complete or not. `lines`: [{position?, account, label, actual_amount, explanation}], a new one without position."""
    method({name: value for name, value in facts.items() if name in FACTS}, act.at, act.actor)
    known = {line.position: line for line in report.lines.all()}
    last = max(known, default=0)
    for row in lines or ():
        line = known.get(row.get("position"))
        if line is None:
            if not (row.get("label") or "").strip():
                continue
            last += 1
            line = ReportLine(
                report=report, position=last, account=(row.get("account") or "")[:6], label=row["label"].strip()[:200]
            )
        line.actual_amount, line.explanation = row.get("actual_amount"), (row.get("explanation") or "").strip()[:500]
        line.save()
    report.actual_total_amount = sum(line.actual_amount or 0 for line in report.lines.all())


@verb(
    machine=Report,
    label=_("save the draft"),
    who=(party,),
    guards=(rules.agreement_going, rules.nobody_saved_since, rules.lines_within_bound),
)
def write(act, report, *, facts=None, lines=None, version=None):
    """Save the draft, complete or not: `facts` of the narrative and outputs, `lines` of spending in cents; `version` the one that was read."""
    _save(act, report, report.write, facts or {}, lines)


@verb(
    machine=Report,
    label=_("save the corrections"),
    who=(party,),
    guards=(rules.agreement_going, rules.nobody_saved_since, rules.lines_within_bound),
)
def revise(act, report, *, facts=None, lines=None, version=None):
    """Save corrections before filing again."""
    _save(act, report, report.revise, facts or {}, lines)


def _being_written(report, actor, at):
    """The report under its lock, when this person may write it now."""
    report = locked(report)
    if report.state not in REPORT_WRITABLE or not party(actor, report, at):
        raise Refusal("not_allowed_in_state", _("This report is not being written."), status=409)
    return report


def _line_of(report, line):
    """The line of this report a receipt is for (its id), or None: it is of the whole report."""
    if line is None:
        return None
    found = report.lines.filter(pk=line).first()
    if found is None:
        raise Refusal("line_unknown", _("This line is not of this report."), field="line")
    return found


def attach(*, report, actor, at, uploaded, content_type, kind=EvidenceKind.RECEIPT, line=None):
    """Add a receipt or a document of the results to a report being written. `line`: the id of the line of spending it is for."""
    with transaction.atomic():
        report = _being_written(report, actor, at)
        if report.evidence.filter(removed_at__isnull=True).count() >= PIECES_MAX:
            raise Refusal(
                "too_many_files",
                _("This report already has %(n)s documents.") % {"n": PIECES_MAX},
                remedy=_("Remove one, or put several in one PDF."),
                field="file",
            )
        piece = keep_file(
            uploaded,
            agreement=report.agreement,
            report=report,
            line=_line_of(report, line),
            kind=kind,
            actor=actor,
            at=at,
            content_type=content_type,
        )
        record_event(report, "attach", actor=actor, at=at, piece=piece.pk)
        return piece


def detach(*, report, actor, at, piece) -> None:
    """Take a document out of a report being written; its bytes stay, because a filed copy may name it."""
    with transaction.atomic():
        report = _being_written(report, actor, at)
        if report.evidence.filter(pk=piece, removed_at__isnull=True).update(removed_at=at):
            record_event(report, "detach", actor=actor, at=at, piece=piece)


def tie(*, report, actor, at, piece, line) -> None:
    """Say which line of spending a document given earlier is for (None: the whole report), while the report is being written."""
    with transaction.atomic():
        report = _being_written(report, actor, at)
        found = _line_of(report, line)
        if report.evidence.filter(pk=piece, removed_at__isnull=True).update(line=found):
            record_event(report, "tie", actor=actor, at=at, piece=piece, line=found.position if found else 0)


@verb(
    machine=Report,
    label=_("file the report"),
    who=(referent,),
    guards=(rules.agreement_going, rules.complete, rules.gaps_explained),
    documents=("report_copy",),
    mails=("payments/report.received",),
)
def submit(act, report):
    """The referent files it: a copy is frozen; the case officer answers within thirty days."""
    report.submit(act.at, act.actor)
    report.copy = papers.freeze_report_copy(report, at=act.at)
    answer_by = timezone.localdate(act.at) + timedelta(days=report.agreement.rules["report_review_days"])
    tell(
        "report.received",
        report.agreement,
        f"/dossiers/{report.agreement.reference}/comptes-rendus/{report.pk}/",
        at=act.at,
        answer_by=answer_by,
    )


@verb(
    machine=Report,
    label=_("ask for changes"),
    who=(case_officer,),
    guards=(no_interest, rules.changes_given, rules.answer_day_to_come),
    mails=("payments/report.changes_requested",),
)
def request_changes(act, report, *, changes, due_on=None):
    """Ask for changes: `changes` is [{"line": position or "", "text": what is expected}], to answer by `due_on` (15 days by default)."""
    due_on = due_on or next_working_day(timezone.localdate(act.at) + timedelta(days=15))
    report.request_changes(changes, due_on)
    tell(
        "report.changes_requested",
        report.agreement,
        f"/dossiers/{report.agreement.reference}/comptes-rendus/{report.pk}/",
        at=act.at,
        count=len(changes),
        due_on=due_on,
    )


def _advance(report, at) -> None:
    from payments.transitions.agreement import advance

    advance(report.agreement, at)


@followed_by(_advance)
@verb(
    machine=Report,
    label=_("accept the report"),
    who=(case_officer,),
    guards=(no_interest, rules.agreement_going, rules.accepted_within_actual),
    ledger=("release_commitment",),
    mails=("payments/report.accepted",),
    lock=lock_money,
)
def accept(act, report, *, accepted=None):
    """Accept the report, `accepted` {line id: cents admitted} (what was spent by default). The final one sets what is unspent and lowers the balance."""
    given = {int(pk): cents for pk, cents in (accepted or {}).items()}
    lines = list(report.lines.all())
    for line in lines:
        line.accepted_amount = given.get(line.pk, line.actual_amount or 0)
    ReportLine.objects.bulk_update(lines, ["accepted_amount"])
    total, agreement = sum(line.accepted_amount for line in lines), report.agreement
    left = unspent(report.budget_total_amount, total, agreement.amount) if report.kind == ReportKind.FINAL else 0
    report.accept(act.at, act.actor, total, left)
    act.note(accepted=total, unspent=left)
    balance = (
        agreement.instalments.filter(is_balance=True, state="scheduled").first()
        if report.kind == ReportKind.FINAL
        else None
    )
    due = balance_due(balance.amount, left) if balance else 0
    if balance is not None and due == 0:
        instalments.release(
            instalment=balance,
            actor=act.actor,
            at=act.at,
            reason=str(_("everything was not spent: nothing is left to pay")),
        )
    tell(
        "report.accepted",
        agreement,
        f"/dossiers/{agreement.reference}/comptes-rendus/{report.pk}/",
        at=act.at,
        accepted=total,
        balance=due,
        to_return=max(0, left - balance.amount) if balance else left,
    )


@verb(
    machine=Report,
    label=_("reopen the report"),
    who=(case_officer,),
    guards=(no_interest, rules.agreement_going, rules.not_paid_on, reason_given),
    mails=("payments/report.changes_requested",),
)
def reopen(act, report, *, reason):
    """An error was found before any payment rested on it."""
    act.because(reason)
    due_on = next_working_day(timezone.localdate(act.at) + timedelta(days=15))
    report.reopen([{"line": "", "text": reason.strip()}], due_on)
    tell(
        "report.changes_requested",
        report.agreement,
        f"/dossiers/{report.agreement.reference}/comptes-rendus/{report.pk}/",
        at=act.at,
        count=1,
        due_on=due_on,
    )


@verb(machine=Report, label=_("cancel the report"), who=(case_officer,), inner=True)
def cancel(act, report):
    """The agreement ended: this report is no longer due."""
    report.cancel(act.at)


def cancel_open(agreement, *, actor, at) -> None:
    for report in agreement.reports.exclude(state__in=(ReportState.ACCEPTED, ReportState.CANCELLED)):
        cancel(report=report, actor=actor, at=at)


NOTICE = (rules.agreement_in_force, rules.late_enough, rules.no_notice_yet)


def _give_notice(act, report, method) -> None:
    due_on = next_working_day(timezone.localdate(act.at) + timedelta(days=report.agreement.rules["adversarial_days"]))
    letter = papers.freeze_formal_notice(report, due_on=due_on, at=act.at)
    method(act.at, due_on, letter)
    act.note(due_on=due_on.isoformat())
    tell(
        "report.formal_notice",
        report.agreement,
        f"/dossiers/{report.agreement.reference}/comptes-rendus/{report.pk}/",
        at=act.at,
        wait_for=letter,
        due_on=report.due_on,
        answer_by=due_on,
        kind=report.kind,
    )


@verb(
    machine=Report,
    label=_("give formal notice"),
    who=(clock,),
    guards=NOTICE,
    documents=("formal_notice",),
    mails=("payments/report.formal_notice",),
)
def give_notice(act, report):
    """The report is late beyond what the rules allow: a letter asks for it, with a last day and what may follow. Once."""
    _give_notice(act, report, report.give_notice)


@verb(
    machine=Report,
    label=_("give formal notice on a draft"),
    who=(clock,),
    guards=NOTICE,
    documents=("formal_notice",),
    mails=("payments/report.formal_notice",),
)
def give_notice_on_draft(act, report):
    """The same when the report was begun and never filed."""
    _give_notice(act, report, report.give_notice_on_draft)


def remind(report, day: int, *, at) -> None:
    """A reminder `day` days before the due date (negative: after), once each."""
    code = (
        "report.overdue" if day < 0 else "report.due_0" if day == 0 else "report.due_7" if day <= 7 else "report.due_30"
    )
    Report.objects.filter(pk=report.pk).update(reminded_days=[*report.reminded_days, day])
    balance = report.agreement.instalments.filter(trigger=f"{report.kind}_report_accepted", state="scheduled").first()
    tell(
        code,
        report.agreement,
        f"/dossiers/{report.agreement.reference}/comptes-rendus/{report.pk}/",
        at=at,
        due_on=report.due_on,
        kind=report.kind,
        balance=balance.amount if balance else None,
        notice_days=report.agreement.rules["report_formal_notice_days_late"],
    )
