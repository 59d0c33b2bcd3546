"""Who owes a report of an earlier grant files nothing new before it is handed in (fund rules, art. 2)."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from django.utils import timezone

from applications import transitions as files
from applications.queries import find_body, section_now
from payments.models import Report
from tests.applications.refusals import refused
from tests.factories import ledger as books
from tests.factories import payments as make
from tests.factories.applications import ready_draft
from tests.factories.fund import open_call

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make.People()


def day_after(report: Report):
    """The first instant at which it is late, in Paris."""
    return timezone.make_aware(datetime.combine(report.due_on + timedelta(days=1), time()))


def next_draft(at, **fields):
    return ready_draft(
        at,
        call=open_call(envelope=books.envelope(), opens_at=at - timedelta(days=1), closes_at=at + timedelta(days=30)),
        **fields,
    )


@pytest.mark.parametrize("kind", ["association", "citizen"])
def test_a_late_report_bars_the_same_applicant_until_it_is_filed(people, at, kind):
    earlier = make.signed(people, at=at, applicant_kind=kind).application
    report = Report.objects.get()
    late = day_after(report)
    draft = next_draft(late, applicant_kind=kind, lead=earlier.lead, organisation=earlier.organisation)
    told = refused("report_overdue", files.submit, application=draft, actor=draft.lead, at=late)
    assert earlier.reference in str(told) and told.remedy and told.article == "art. 2"
    Report.objects.update(state="submitted", submitted_at=late, submitted_by=earlier.lead)
    files.submit(application=draft, actor=draft.lead, at=late)


def test_a_report_that_is_due_today_is_not_late(people, at):
    earlier = make.signed(people, at=at).application
    last = day_after(Report.objects.get()) - timedelta(seconds=1)
    draft = next_draft(last, lead=earlier.lead, organisation=earlier.organisation)
    files.submit(application=draft, actor=draft.lead, at=last)


def test_another_team_is_told_without_the_name_of_the_grant(people, at):
    earlier = make.signed(people, at=at).application
    late = day_after(Report.objects.get())
    draft = next_draft(late, organisation=earlier.organisation)
    assert find_body(section_now(draft, "applicant")) == earlier.organisation
    told = refused("report_overdue", files.submit, application=draft, actor=draft.lead, at=late)
    assert earlier.reference not in str(told)


def test_it_bars_nobody_else(people, at):
    make.signed(people, at=at)
    late = day_after(Report.objects.get())
    draft = next_draft(late)
    files.submit(application=draft, actor=draft.lead, at=late)


def test_the_rule_of_the_call_decides(people, at):
    earlier = make.signed(people, at=at).application
    late = day_after(Report.objects.get())
    draft = next_draft(late, lead=earlier.lead, organisation=earlier.organisation)
    version = draft.call.rule_version
    version.parameters = {**version.parameters, "overdue_report_blocks_filing": False}
    version.save()
    draft = type(draft).objects.get(pk=draft.pk)
    files.submit(application=draft, actor=draft.lead, at=late)
