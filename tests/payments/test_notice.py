"""The formal notice for a late report: once, on the day of the rules, as a letter that the mail carries."""

from datetime import datetime, time, timedelta

import pytest
from django.utils import timezone
from django.utils.formats import date_format

from core import documents
from core.models import Document, Event, Mail, User
from payments import tasks
from payments.models import Report
from payments.queries import agreements, treasury
from payments.transitions import report as reports
from tests.factories import ledger as books
from tests.factories import payments as make
from tests.factories.fund import CallFactory
from tests.fund.browsing import plain
from tests.payments.test_back import refused
from tests.payments.test_lists import grants

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make.People()


def nine_o_clock(day):
    return timezone.make_aware(datetime.combine(day, time(9)))


def tick(day) -> int:
    return tasks.report_reminders(nine_o_clock(day), User.objects.system())


def noticed(people, at, **options) -> Report:
    """A grant whose final report is thirty days late, and the clock that saw it."""
    row = make.signed(people, at=at, **options)
    tick(row.reports.get().due_on + timedelta(days=1))
    tick(row.reports.get().due_on + timedelta(days=30))
    return row.reports.get()


def test_the_letter_is_made_on_the_day_of_the_rules_and_once(at, people):
    row = make.signed(people, at=at)
    due = row.reports.get().due_on
    assert tick(due + timedelta(days=1)) == 1 and tick(due + timedelta(days=29)) == 0
    assert tick(due + timedelta(days=30)) == 1 and tick(due + timedelta(days=31)) == 0
    report = row.reports.get()
    assert report.state == "due" and report.notice.kind == "formal_notice" and report.notice.subject == row.reference
    assert report.notice_due_on >= due + timedelta(days=45)
    assert Event.objects.filter(machine="report", verb="give_notice", actor=User.objects.system()).count() == 1
    mails = Mail.objects.filter(code="payments/report.formal_notice")
    assert {mail.state for mail in mails} == {"held"} and {mail.attachment_id for mail in mails} == {report.notice_id}
    documents.render(report.notice, at=nine_o_clock(due + timedelta(days=30)))
    assert {mail.state for mail in mails.all()} == {"queued"}


def test_a_worker_that_slept_sends_the_notice_alone(at, people):
    row = make.signed(people, at=at)
    assert tick(row.reports.get().due_on + timedelta(days=60)) == 1
    assert set(Mail.objects.filter(code__startswith="payments/report").values_list("code", flat=True)) == {
        "payments/report.formal_notice"
    }
    assert tick(row.reports.get().due_on + timedelta(days=61)) == 0


def test_a_begun_report_gets_it_too_and_a_filed_one_does_not(at, people):
    row = make.signed(people, at=at)
    report = reports.start(report=row.reports.get(), actor=row.application.lead, at=at)
    tick(report.due_on + timedelta(days=30))
    report.refresh_from_db()
    assert report.state == "draft" and "commencé à l’écrire" in documents.html(report.notice)
    other = make.signed(people, at=at)
    make.filed_report(other, at=at)
    assert tick(report.due_on + timedelta(days=30)) == 0 and other.reports.get().notice is None


@pytest.mark.parametrize(
    "days, code", [(29, "report_not_late_enough"), (31, "notice_already_given"), (31, "not_permitted")]
)
def test_the_verb_refuses_too_early_twice_and_anybody_else(at, people, days, code):
    report = noticed(people, at) if code == "notice_already_given" else make.signed(people, at=at).reports.get()
    actor = people.officer if code == "not_permitted" else User.objects.system()
    refused(
        code, reports.give_notice, report=report, actor=actor, at=nine_o_clock(report.due_on + timedelta(days=days))
    )


def test_the_letter_says_what_is_asked_by_when_what_follows_and_the_remedies(at, people):
    report = noticed(people, at)
    text = documents.html(report.notice)
    context = report.notice.context
    for part in (
        "Mise en demeure : remettre votre compte rendu final",
        f"au plus tard le {context['answer_by']}",
        "30 jours plus tard",
        "observations écrites",
        "deux mois",
        "tribunal administratif",
        "article 23 du règlement",
        context["left"],
        report.agreement.bearer_name,
        people.officer.email,
    ):
        assert part in text, part
    assert "versées dont l’emploi" not in text  # nothing was paid yet


def test_the_recipient_and_staff_read_it_and_nobody_else(at, people, as_user):
    report = noticed(people, at)
    url = documents.url(report.notice)
    lead = as_user(report.agreement.application.lead)
    mine = f"/dossiers/{report.agreement.reference}/comptes-rendus/{report.pk}/"
    assert url in lead.get(mine).content.decode() and lead.get(url).status_code == 200
    assert url in as_user(people.officer).get(f"/instruction/comptes-rendus/{report.pk}/").content.decode()
    assert as_user(make.signed(people, at=at).application.lead).get(url).status_code == 404
    reports.start(report=report, actor=report.agreement.application.lead, at=at)
    assert Document.objects.get(pk=report.notice_id).kind == "formal_notice"


def test_every_page_says_the_same_day_after_the_notice(at, people, as_user, time_machine):
    report = noticed(people, at)
    now = nine_o_clock(report.due_on + timedelta(days=30))
    time_machine.move_to(now)
    row, lead = report.agreement, report.agreement.application.lead
    assert report.expected_on == report.notice_due_on > report.due_on
    told = next(step for step in agreements.timeline(row, now) if step["title"] == "Compte rendu final")
    task = next(task for task in agreements.tasks_of_recipient(lead, now) if task.kind == "report")
    due = next(due for due in treasury.calendar(row, now) if due.direction == "file")
    assert {told["at"], task.due, due.day} == {report.notice_due_on}
    days = [date_format(day, "j F Y") for day in (report.due_on, report.notice_due_on)]
    base = f"/dossiers/{row.reference}/"
    for path in ("/mon-espace/", base, f"{base}convention/", f"{base}convention/tresorerie/"):
        said = plain(as_user(lead).get(path))
        assert days[1] in said and days[0] not in said, path


@pytest.mark.parametrize("n", [1, 20])
def test_the_list_of_late_reports_costs_the_same_at_any_length(at, people, as_user, django_assert_num_queries, n):
    rows = grants(n, CallFactory(state="decided", envelope=books.envelope(50_000_000, at=at)), at, people)
    tick(rows[0].reports.get().due_on + timedelta(days=30))
    Report.objects.update(due_on=timezone.localdate(at) - timedelta(days=30))
    officer = as_user(people.officer)
    officer.get("/instruction/comptes-rendus/?etape=overdue")
    with django_assert_num_queries(11):
        page = officer.get("/instruction/comptes-rendus/?etape=overdue").content.decode()
    assert page.count("mise en demeure") == n
