"""Four people for one payment, each in a browser of their own: what one of them may do is closed to the three others, on the page and behind it."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from datetime import time
from urllib.parse import parse_qs, urlencode

import pytest
from lxml import etree

from core.models import Signature
from core.workflows import MECHANISM, machines
from fund.models import Entry
from payments.models import BankStatement
from tests.factories import payments as make
from tests.factories.applications import complete_content
from tests.journeys import house, money
from tests.outsider import outsider

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
AMOUNT, FIRST = 1_850_000, 1_295_000
FORM = "application/x-www-form-urlencoded"
IBAN = make.fictional_iban(77)


def test_four_people_and_nobody_does_the_work_of_another(stage, calendar, tmp_path):
    house.open_fund(calendar.now)
    reference = an_award(calendar.now)
    ada, officer, orderer, payer = people = [
        stage.person(key, house.email(key)).signs_in() for key in ("ada", "officer", "orderer", "payer")
    ]
    with only(officer, people):
        money.is_offered(officer)
    with only(ada, people):
        money.accepts(ada, reference)
    with only(ada, people, file={"proof": money.writing.paper("rib")}):
        money.gives_account(ada, reference, holder="Les Brouillons", iban=IBAN)
    with only(payer, people):
        money.verifies_account(payer)
    for person in people:
        person.signs_in_again()  # signing asks who one is: nobody is refused for that reason
    with only(ada, people):
        money.signs_for_bearer(ada, reference)
    with only(orderer, people):
        money.signs_for_fund(orderer, reference)
    with only(officer, people):
        money.certifies(officer)
    with only(orderer, people):
        money.orders(orderer)
    file = is_paid_by_one(payer, people)
    the_bank_reads(file)
    calendar.later(days=2)
    with only(payer, people, file={"file": money.statement_of(file)}):
        money.imports(payer, money.statement_of(file))
    calendar.later(days=280, at=time(10, 0))
    with only(ada, people):
        money.reports(ada, reference)
    with only(officer, people):
        money.accepts_report(officer)
    assert make.invariants() == []
    anyone_sees_and_verifies(stage.person("visitor"), reference, tmp_path)


def an_award(at) -> str:
    """A notified award of an association, ready to be offered; the steps before are the journey of `test_whole_pipeline`."""
    lead = house.account("ada", "Ada Morel")
    content = complete_content(requested=AMOUNT)
    content["budget"] |= {"resources": [], "in_kind_expenses": [], "in_kind_resources": []}
    decision = make.notified_award(AMOUNT, at=at, lead=lead, content=content, title="Le courrier en clair")
    application = decision.application
    type(application).objects.filter(pk=application.pk).update(applicant_name="Les Brouillons")
    application.bearer_organisation.name = "Les Brouillons"
    application.bearer_organisation.save()
    return application.reference


def is_paid_by_one(payer, people) -> bytes:
    """Gathered, frozen, produced: three acts of the accounting officer; the file itself is handed to nobody else."""
    with only(payer, people):
        batch = money.gathers(payer)
    with only(payer, people):
        money.freezes(payer, batch)
    with only(payer, people):
        file = money.exports(payer, batch)
    for other in people:
        if other is not payer:
            answer = other.context.request.get(f"{other.stage.address}{batch}fichier/")
            assert answer.status in (403, 404), (other.name, answer.status)
    return file


# ---- what the others may not ----


@contextmanager
def only(doer, people, *, file: dict | None = None):
    """While one acts, each request is first tried by the three others, as it is: the page offers it to none of them, and the fund refuses it to all."""
    tried, faults = [], []

    def by_the_others(route, request):
        if request.method == "POST" and "/connexion/" not in request.url:
            tried.append(request.url)
            for other in people:
                if other is not doer:
                    faults.extend(
                        filter(
                            None, (offered(other, doer.page.url.partition("#")[0], request), done(other, request, file))
                        )
                    )
        route.continue_()

    doer.context.route("**/*", by_the_others)
    yield
    doer.context.unroute("**/*")
    assert tried, f"{doer.name} sent nothing"
    assert faults == []


def fields_of(request) -> dict[str, list[str]]:
    """What a form sent, without its two hidden tokens and its file."""
    body = request.post_data_buffer or b""
    if "urlencoded" in request.headers["content-type"]:
        found = parse_qs(body.decode(), keep_blank_values=True)
    else:
        found = {
            name.decode(): [value.decode()]
            for name, value in re.findall(rb'name="([^"]+)"\r\n\r\n(.*?)\r\n--', body, re.DOTALL)
        }
    return {name: values for name, values in found.items() if name not in ("csrfmiddlewaretoken", "nonce")}


def offered(other, page: str, request) -> str:
    """On the page where it is done, this person finds no form with these fields and this button; most often no page. Else says so."""
    response = other.page.goto(page)
    if "/connexion/" in other.page.url:  # away for too long
        response = other.signs_in().page.goto(page)
    if response.status in (403, 404):
        return ""
    other.looks()
    forms = other.page.locator("main form[method=post]")
    for name, values in fields_of(request).items():
        wanted = f'[name="{name}"][value="{values[0]}"]' if name == "act" else f'[name="{name}"]'
        forms = forms.filter(has=other.page.locator(wanted))
    return f"{other.name} is offered {sorted(fields_of(request))} at {page}" if forms.count() else ""


def done(other, request, file: dict | None) -> str:
    """The same request from another hand is refused, in words, and nothing has moved. Else says what it did."""
    token = next(one["value"] for one in other.context.cookies() if one["name"] == "csrftoken")
    before, fields = all_states(), fields_of(request) | {"csrfmiddlewaretoken": [token]}
    sent: dict = {"data": urlencode(fields, doseq=True), "headers": {"content-type": FORM}}
    if file:
        sent = {"multipart": {name: values[0] for name, values in fields.items()} | file}
    answer = other.context.request.post(request.url, **sent)
    refused = answer.status in (403, 404, 422) or answer.ok and "cela revient à" in answer.text()
    if not refused or "Cette page a dormi" in answer.text() or all_states() != before:
        return f"{other.name} was answered {answer.status} by {request.url} {sorted(fields)}"
    return ""


def all_states() -> dict:
    """Every row of every machine with its state, and what cannot be taken back: signatures, entries, statements."""
    found = {
        model.machine: list(model._base_manager.order_by("pk").values_list("pk", "state"))
        for model in machines()
        if model.machine not in MECHANISM - {"two_key_act"}
    }
    return found | {model.__name__: model.objects.count() for model in (Signature, Entry, BankStatement)}


# ---- what the bank and the public see ----


def the_bank_reads(file: bytes) -> None:
    """One transfer: to the cent, to the account that was verified, under the bearer's name."""
    tree = etree.fromstring(file)
    transfers = tree.findall(".//{*}CdtTrfTxInf")
    assert [one.findtext(".//{*}InstdAmt") for one in transfers] == ["12950.00"]
    assert {one.text for one in tree.iterfind(".//{*}CtrlSum")} == {"12950.00"}
    assert transfers[0].findtext(".//{*}CdtrAcct/{*}Id/{*}IBAN") == IBAN
    assert transfers[0].findtext(".//{*}Cdtr/{*}Nm") == "Les Brouillons"


def anyone_sees_and_verifies(visitor, reference: str, folder) -> None:
    visitor.goes(f"/projets/{reference}/").sees("12 950", "Les Brouillons").goes("/comptes/").sees("12 950")
    for name in ("comptes.jsonl", "comptes/checkpoint.json"):
        answer = visitor.context.request.get(f"{visitor.stage.address}/donnees/{name}")
        assert answer.ok, name
        (folder / name.rpartition("/")[2]).write_bytes(answer.body())
    assert outsider.main([str(folder / "comptes.jsonl"), str(folder / "checkpoint.json")]) in (0, None)
    entries = [json.loads(line)["entry"] for line in (folder / "comptes.jsonl").read_text().splitlines()[1:]]
    paid = [one["postings"] for one in entries if one["kind"] == "pay" and one["grant"] == reference]
    assert [posting["cents"] for postings in paid for posting in postings if posting["account"] == "paid"] == [FIRST]
