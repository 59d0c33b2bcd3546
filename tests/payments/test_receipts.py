"""A receipt is told of the line of spending it is for; those given before stay those of the whole report."""

import pytest

from payments.models import Evidence
from payments.transitions import report as reports
from tests.core.helpers import refused
from tests.factories import payments as make
from tests.fund.browsing import plain

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make.People()


@pytest.fixture
def draft(people, at):
    return make.written_report(make.signed(people, at=at), at=at)


def attach(draft, at, line=None):
    return reports.attach(
        report=draft,
        actor=draft.agreement.application.lead,
        at=at,
        uploaded=make.pdf_proof("facture.pdf"),
        content_type="application/pdf",
        line=line,
    )


def test_for_a_line_or_for_the_whole(draft, at):
    line = draft.lines.first()
    assert attach(draft, at, line.pk).line == line and attach(draft, at).line is None


def test_a_line_of_another_report_is_refused(people, draft, at):
    other = make.written_report(make.signed(people, at=at), at=at).lines.first()
    with refused("line_unknown"):
        attach(draft, at, other.pk)
    piece = attach(draft, at)
    lead = draft.agreement.application.lead
    with refused("line_unknown"):
        reports.tie(report=draft, actor=lead, at=at, piece=piece.pk, line=other.pk)


def test_one_given_before_is_tied_until_the_report_is_filed(draft, at):
    piece, line, lead = attach(draft, at), draft.lines.first(), draft.agreement.application.lead
    reports.tie(report=draft, actor=lead, at=at, piece=piece.pk, line=line.pk)
    assert Evidence.objects.get(pk=piece.pk).line == line
    reports.tie(report=draft, actor=lead, at=at, piece=piece.pk, line=None)
    assert Evidence.objects.get(pk=piece.pk).line is None
    filed = reports.submit(report=draft, actor=lead, at=at)
    with refused("not_allowed_in_state"):
        reports.tie(report=filed, actor=lead, at=at, piece=piece.pk, line=line.pk)


def test_on_the_pages(people, draft, at, as_user):
    line, row = draft.lines.first(), draft.agreement
    browser, here = as_user(row.application.lead), f"/dossiers/{row.reference}/comptes-rendus/{draft.pk}/"
    browser.post(here, {"act": "attach", "file": make.pdf_proof("facture.pdf"), "line": line.pk})
    piece = Evidence.objects.get(kind="receipt")
    assert piece.line == line and f"justificatif de : {line.label}" in plain(browser.get(here))
    browser.post(here, {"act": "tie", "piece": piece.pk, "line": ""})
    assert Evidence.objects.get(pk=piece.pk).line is None
    browser.post(here, {"act": "tie", "piece": piece.pk, "line": line.pk})
    reports.submit(report=draft, actor=row.application.lead, at=at)
    page = plain(as_user(people.officer).get(f"/instruction/comptes-rendus/{draft.pk}/"))
    assert page.count("facture.pdf") == 2 and f"justificatif de : {line.label}" in page
