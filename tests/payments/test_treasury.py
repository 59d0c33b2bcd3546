"""The treasurer's page: bank references, both calendars, papers made on request, figures in the order of the form."""

import csv
import io
from datetime import timedelta

import pytest
from lxml import html

from core import documents
from core.models import Document, Event
from fund.enums import Role
from payments.enums import OUTCOMES
from payments.queries import figures, treasury
from payments.transitions import instalment as instalments
from payments.transitions import report as reports
from payments.transitions import treasury as papers
from tests.factories import payments as make
from tests.factories.core import UserFactory
from tests.factories.fund import person_with
from tests.payments.test_back import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make.People()


def paid(people, at, **options):
    """A grant whose first payment the bank has booked."""
    row = make.signed(people, at=at, **options)
    return row, make.paid(people, make.first_of(row), at=at)


def test_the_page_gives_the_reference_that_the_bank_carries(at, people, as_user):
    row, one = paid(people, at)
    page = as_user(row.application.lead).get(f"/dossiers/{row.reference}/convention/tresorerie/").content.decode()
    assert one.end_to_end_id in page and f"{row.reference} versement 1" in page
    account = row.payee_accounts.get()
    assert account.iban not in page and account.iban_end not in page
    assert (
        f"/dossiers/{row.reference}/convention/tresorerie/"
        in as_user(row.application.lead).get(f"/dossiers/{row.reference}/convention/").content.decode()
    )


@pytest.mark.parametrize("outcome", ["refused", "recalled"])
def test_the_page_tells_of_an_order_that_paid_nothing(at, people, as_user, outcome):
    row = make.signed(people, at=at)
    one = make.ordered(people, make.first_of(row), at=at)
    who, act = (people.payer, instalments.refuse) if outcome == "refused" else (people.orderer, instalments.recall)
    act(instalment=one, actor=who, at=at, reason="Une pièce manque.")
    answer = as_user(row.application.lead).get(f"/dossiers/{row.reference}/convention/tresorerie/")
    assert answer.status_code == 200 and str(OUTCOMES[outcome]).capitalize() in answer.content.decode()


def test_what_is_due_stands_in_both_directions_and_in_order(at, people):
    row, _one = paid(people, at)
    claim = make.claimed(people, row, at=at)
    dues = treasury.calendar(row, at)
    assert {due.direction for due in dues} == {"in", "out", "file"}
    days = [due.day for due in dues if due.day]
    assert days == sorted(days) and dues[-1].day is None and dues[-1].direction == "in"
    assert [due.amount for due in dues if due.direction == "out"] == [claim.left_amount]


def test_a_year_says_what_the_bank_passed_and_the_rest_is_refused(at, people):
    row, one = paid(people, at)
    year = one.paid_on.year
    (found,) = treasury.years(row)
    assert (found.year, found.received_amount, found.repaid_amount) == (year, one.certified_amount, 0)
    claim = make.claimed(people, row, at=at)
    make.given_back(people, claim.reference, claim.amount, at=at)
    (found,) = treasury.years(row)
    assert (found.repaid_amount, found.net_amount) == (claim.amount, one.certified_amount - claim.amount)
    refused(
        "nothing_that_year",
        papers.issue,
        agreement=row,
        actor=row.application.lead,
        at=at,
        kind="annual_statement",
        year=year - 1,
    )


@pytest.mark.parametrize("kind", sorted(papers.MAKERS))
def test_a_paper_is_made_once_for_the_same_content(at, people, kind):
    row, one = paid(people, at)
    asked = {"agreement": row, "actor": row.application.lead, "at": at, "kind": kind, "year": one.paid_on.year}
    first, again = papers.issue(**asked), papers.issue(**asked)
    assert first == again and Event.objects.filter(verb="issue_paper").count() == 1
    text = documents.html(first)
    assert row.reference in text and row.bearer_name in text
    assert one.end_to_end_id in text or kind == "financial_figures"
    later = papers.issue(**asked | {"at": at + timedelta(days=1)})
    assert later != first and Document.objects.filter(kind=kind).count() == 2


def test_the_account_of_a_grant_adds_up_once_its_balance_is_released(at, people, as_user):
    row, one = paid(people, at)
    report = make.filed_report(row, at=at, spent={1: 0, 2: 1_000_000})
    reports.accept(report=report, actor=people.officer, at=at)
    released = row.instalments.get(number=2)
    assert released.state == "cancelled"
    said = papers.issue(agreement=row, actor=people.officer, at=at, kind="grant_statement").context
    awarded, *parts = (cents(line["amount"]) for line in said["standing"])
    assert awarded == sum(parts) + cents(said["released"]) and cents(said["released"]) == released.amount
    lines = sum(cents(line["amount"]) for line in said["payments"])
    assert lines == cents(said["payments_total"]) == one.amount
    assert lines + cents(said["not_paid"]) == cents(said["amount"])
    for actor, path in ((row.application.lead, "dossiers"), (people.officer, "instruction/conventions")):
        path = f"/dossiers/{row.reference}/convention/" if path == "dossiers" else f"/{path}/{row.reference}/"
        page = html.fromstring(as_user(actor).get(path).content)
        table = page.xpath("//table[tfoot]")[0]
        shown = [cents(cell.xpath("text()")[0]) for cell in table.xpath("./tbody/tr/td[last()]")]
        total, rest, grant = (cents(cell.text) for cell in table.xpath("./tfoot/tr/td"))
        assert sum(shown) == total and total + rest == grant == row.amount, path


def cents(text: str) -> int:
    euros, _comma, rest = text.replace("€", "").partition(",")
    return int("".join(filter(str.isdigit, euros))) * 100 + int(rest.strip() or 0)


def test_papers_are_for_the_recipient_and_the_fund_after_the_signature(at, people, as_user):
    row = make.to_sign(people, at=at)
    path = f"/dossiers/{row.reference}/convention/tresorerie/"
    refused(
        "agreement_not_signed", papers.issue, agreement=row, actor=row.application.lead, at=at, kind="grant_statement"
    )
    row, _one = paid(people, at)
    refused("not_permitted", papers.issue, agreement=row, actor=UserFactory(), at=at, kind="grant_statement")
    path = f"/dossiers/{row.reference}/convention/tresorerie/"
    assert as_user(UserFactory()).get(path).status_code == 404
    assert as_user(person_with(Role.PANEL_MEMBER)).get(path).status_code == 404
    assert as_user(people.officer).get(path).status_code == 200
    lead = as_user(row.application.lead)
    answer = lead.post(path, {"paper": "grant_statement"})
    made = Document.objects.get(kind="grant_statement")
    assert answer.status_code == 302 and answer.url == documents.url(made) and lead.get(answer.url).status_code == 200
    assert made.code in lead.get(path).content.decode()
    assert as_user(UserFactory()).get(answer.url).status_code == 404
    assert lead.post(path, {"paper": "nope"}).status_code == 400
    assert lead.post(path, {"paper": "annual_statement", "year": "abc"}).status_code == 404


def test_the_figures_follow_the_form_and_add_up(at, people):
    row, one = paid(people, at)
    before = figures.figures_of(row)
    assert before.report is None and before.costs.total.actual is None
    final = make.filed_report(row, at=at)
    filed = figures.figures_of(row)
    assert filed.report == final and filed.costs.total.actual == final.actual_total_amount
    line = final.lines.order_by("pk").first()
    reports.accept(report=final, actor=people.officer, at=at, accepted={line.pk: line.actual_amount - 100})
    found = figures.figures_of(row)
    assert found.costs.total.actual == final.actual_total_amount - 100
    assert found.costs.total.budget == sum(one.budget_amount for one in final.lines.all())
    assert [one.account for one in found.costs.headings][:3] == ["60", "61", "62"]
    fund = [line for one in found.resources.headings for line in one.lines if line.actual is not None]
    assert [line.actual for line in fund] == [one.certified_amount]


def test_the_csv_gives_every_line_and_the_totals(at, people, as_user):
    row, _one = paid(people, at)
    final = make.filed_report(row, at=at)
    answer = as_user(row.application.lead).get(f"/dossiers/{row.reference}/convention/chiffres.csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    total = next(one for one in rows if (one["partie"], one["compte"]) == ("charges", "total"))
    assert total["realisation"] == f"{final.actual_total_amount / 100:.2f}".replace(".", ",")
    lines = [one for one in rows if one["partie"] == "charges" and one["compte"] != "total"]
    cents = [int(one["prevision"].replace(",", "")) for one in (*lines, total) if one["prevision"]]
    assert sum(cents[:-1]) == cents[-1] > 0
    assert as_user(UserFactory()).get(answer.wsgi_request.path).status_code == 404


def test_what_the_fund_does_not_know_is_a_dash_on_paper_and_empty_in_the_csv(at, people, as_user):
    row = make.signed(people, at=at)
    content = as_user(row.application.lead).get(f"/dossiers/{row.reference}/convention/chiffres.csv").content
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    taxes = next(one for one in rows if one["compte"] == "63")
    assert (taxes["prevision"], taxes["realisation"], taxes["pourcentage"]) == ("", "", "")
    paper = papers.issue(agreement=row, actor=people.officer, at=at, kind="financial_figures").context["tables"][0]
    dashed = {one["label"] for one in paper["headings"] if not one["budget"]}
    assert dashed == {one["intitule"] for one in rows if one["partie"] == "charges" and not one["prevision"]}
    assert "Charges indirectes affectées au projet" in dashed


@pytest.mark.parametrize("n", [1, 20])
def test_the_page_costs_the_same_at_any_length(at, people, as_user, django_assert_num_queries, n):
    row, one = paid(people, at)
    make.proposed(people, row, at=at)
    for turn in range(n):
        papers.issue(agreement=row, actor=people.officer, at=at + timedelta(days=turn), kind="grant_statement")
    lead = as_user(row.application.lead)
    path = f"/dossiers/{row.reference}/convention/tresorerie/"
    lead.get(path)
    with django_assert_num_queries(14):
        assert lead.get(path).content.decode().count("DOC-") >= n
