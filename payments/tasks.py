"""What happens on the money side because time passes. Idempotent; each row in its own transaction, so that one that fails holds up no other."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from applications.periods import CLOSING_GRACE
from core.clock import register
from core.files import scan as ask_antivirus
from core.transitions import Refusal
from payments import paper_marks, paper_reader
from payments.models import Agreement, Amendment, PaperScan, PaymentBatch, Report
from payments.rules.agreement import deadline_of
from payments.rules.report import notice_from
from payments.transitions import agreement as agreements
from payments.transitions import amendment as amendments
from payments.transitions import bank_table as bank_tables
from payments.transitions import batch as batches
from payments.transitions import paper as papers
from payments.transitions import report as reports
from reviews.queries.decisions import live_award

log = logging.getLogger("fund.clock")
SLICE, LEASE = 10, timedelta(minutes=10)
"""Pages of a scan read by one process, and for how long a worker holds a scan without a sign of life."""


def _each(rows: Iterable, do: Callable) -> int:
    """Do it to each row that time allows it for. A refusal means that it is not time yet, or no longer; anything else is logged."""
    done = 0
    for row in rows:
        try:
            with transaction.atomic():
                done += int(bool(do(row)))
        except Refusal:
            continue
        except Exception:
            log.exception("clock act failed", extra={"facts": {"row": f"{row._meta.model_name} {row.pk}"}})
    return done


@register("payments.offers", every_seconds=300)
def offers(at, actor) -> int:
    """Reminders before an offer or a signature lapses; the lapse once its time has passed after a reminder; the end of what no award holds any more."""

    def step(agreement) -> bool:
        if live_award(agreement.application) != agreement.decision:
            return bool(agreements.fall(agreement=agreement, actor=actor, at=at))
        deadline = deadline_of(agreement)
        if at >= deadline + CLOSING_GRACE and agreement.first_reminded_at is not None:
            agreements.lapse(agreement=agreement, actor=actor, at=at)
            return True
        if not _reminder_due(agreement, deadline, at):
            return False
        remind = agreements.remind_offer if agreement.state == "offered" else agreements.remind_signature
        remind(agreement=agreement, actor=actor, at=at)
        return True

    rows = (
        Agreement.objects.filter(state__in=("offered", "accepted"))
        .select_related("application__call__rule_version")
        .order_by("pk")
    )
    return _each(rows, step)


def _reminder_due(agreement, deadline, at) -> bool:
    """One reminder for each day of the rules that is reached (seven days and two days before), however late the worker is."""
    marks = [deadline - timedelta(days=days) for days in agreement.rules["offer_reminder_days"]]
    reached = [mark for mark in marks if mark <= at]
    if not reached:
        return at >= deadline and agreement.first_reminded_at is None
    return agreement.last_reminded_at is None or agreement.last_reminded_at < max(reached)


@register("payments.agreements", every_seconds=300)
def going(at, actor) -> int:
    """Agreements start, instalments fall due, agreements complete: what their facts allow."""

    def step(agreement) -> bool:
        before = (agreement.state, agreement.instalments.filter(state="scheduled").count())
        agreements.advance(agreement, at)
        fresh = Agreement.objects.get(pk=agreement.pk)
        return (fresh.state, fresh.instalments.filter(state="scheduled").count()) != before

    return _each(Agreement.objects.filter(state__in=("signed", "active")).order_by("pk"), step)


@register("payments.batches", every_seconds=300)
def settled(at, actor) -> int:
    """A batch whose last line is final is settled."""

    def step(batch) -> bool:
        batches.settle(payment_batch=batch, actor=actor, at=at)
        return True

    waiting = PaymentBatch.objects.filter(lines__live=True, lines__instalment__state="in_payment").values("pk")
    return _each(PaymentBatch.objects.filter(state="exported").exclude(pk__in=waiting).order_by("pk"), step)


@register("payments.bank_tables", every_seconds=86400)
def forgotten_tables(at, actor) -> int:
    """A CSV of the bank that nobody confirmed in a month is forgotten."""
    return bank_tables.forget_old(at)


@register("payments.amendments", every_seconds=300)
def unsigned_amendments(at, actor) -> int:
    """An approved amendment that both sides did not sign in time lapses."""

    def step(amendment) -> bool:
        amendments.lapse(amendment=amendment, actor=actor, at=at)
        return True

    return _each(Amendment.objects.filter(state="approved", sign_by_at__lte=at).order_by("pk"), step)


@register("payments.reports", every_seconds=3600)
def report_reminders(at, actor) -> int:
    """Before a report is due and that day, as the rules say; the day after; then the formal notice (rulebook, art. 23). Each once."""
    today = timezone.localdate(at)

    def step(report) -> bool:
        if today >= notice_from(report):
            notify = reports.give_notice if report.state == "due" else reports.give_notice_on_draft
            notify(report=report, actor=actor, at=at)
            return True
        days = [*report.agreement.rules["report_reminder_days"], -1]
        reached = [day for day in days if (report.due_on - today).days <= day]
        if not reached or min(reached) in report.reminded_days:
            return False
        reports.remind(report, min(reached), at=at)
        return True

    rows = Report.objects.filter(
        state__in=("due", "draft"), notice__isnull=True, agreement__state__in=("signed", "active", "suspended")
    )
    return _each(
        rows.select_related(
            "agreement__application__call__rule_version", "agreement__application__lead", "agreement__signatory"
        ).order_by("pk"),
        step,
    )


@register("payments.paper_scans", every_seconds=2, aside=True)
def read_papers(at, actor) -> int:
    """Read the scan of signed papers that waits longest, some pages at a time. A worker that stops half way leaves the rest to the next."""
    waiting = PaperScan.objects.filter(finished_at=None, failed="")
    free = Q(claimed_until=None) | Q(claimed_until__lt=at)
    for scan in waiting.filter(free).order_by("claimed_until", "pk").select_related("by")[:1]:
        if not waiting.filter(free, pk=scan.pk).update(claimed_until=at + LEASE):
            continue
        with translation.override(scan.by.language):
            try:
                _read_papers(scan)
            except Refusal as refusal:
                papers.fail_scan(scan, str(refusal))
            except Exception:
                log.exception("a scan cannot be read", extra={"facts": {"scan": scan.pk}})
                if not scan.pages.exists():
                    papers.fail_scan(scan, _("The file could not be read. Scan the papers again to a new PDF."))
        return 1
    return 0


def _read_papers(scan: PaperScan) -> None:
    with scan.file.open("rb") as kept:
        content = kept.read()
    if scan.clean_at is None:
        if not ask_antivirus(content, scan.name):
            return  # the lease lets time pass before it is asked again
        scan.clean_at = timezone.now()
        scan.save(update_fields=["clean_at"])
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(paper_marks.as_pdf(content, scan.content_type))
        file.flush()
        for first in range(scan.done, scan.pages_count, SLICE):
            last = min(first + SLICE, scan.pages_count)
            papers.file_pages(scan, _codes(file.name, first, last))
            PaperScan.objects.filter(pk=scan.pk).update(done=last, claimed_until=timezone.now() + LEASE)
    papers.finish_scan(scan, timezone.now())


def _codes(name: str, first: int, last: int) -> list[tuple[int, list | None]]:
    """What the codes of these pages say (positions from 1). When the process does not come back from one page, each is read by a process of its own."""
    command = [sys.executable, paper_reader.__file__, name, str(first), str(last)]
    try:
        done = subprocess.run(  # noqa: S603  our own reader, a name we chose, two numbers
            command, capture_output=True, timeout=paper_reader.SECONDS_A_PAGE * (last - first) + 10, check=False
        )
        lines = done.stdout.splitlines() if done.returncode == 0 else []
    except subprocess.TimeoutExpired:
        lines = []
    if len(lines) == last - first:
        return [(one["page"] + 1, one["codes"]) for one in map(json.loads, lines)]
    if last - first == 1:
        return [(last, None)]
    return [found for number in range(first, last) for found in _codes(name, number, number + 1)]
