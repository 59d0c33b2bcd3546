"""Public pages: who sees what, wrong input, pages, caching, constant cost."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.utils import timezone

from applications.transitions import consent_to_be_named
from core.links import absolute
from core.money import format_euros
from fund import public_cache
from fund.ledger import post
from registry import queries
from registry.enums import Stage
from registry.queries import EVERYTHING, Filters
from tests.factories import ledger as books
from tests.registry import helpers

pytestmark = pytest.mark.django_db
PAGES = ["/", "/projets/", "/comptes/", "/statistiques/", "/donnees/", "/aide/", "/accessibilite/"]


def text_of(address: str) -> str:
    answer = Client().get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


# Everything published.


def test_the_registry_shows_the_published_set(fund):
    page = text_of("/projets/")
    assert "3 projets aidés" in page and "dans 2 départements" in page
    for name in ("paid", "signed", "person"):
        assert fund.known[name].title in page
    assert f"Non réalisé\u00a0: {fund.known['left'].reference}" in page and fund.known["left"].title not in page
    assert page.count("non publié</span>") == 1  # the place of what was not taken up
    for hidden in (fund.secret, fund.refused):
        assert hidden.reference not in page and hidden.title not in page


def test_a_project_page_tells_its_money_and_its_life(fund):
    page = text_of(f"/projets/{fund.paid.reference}/")
    for words in (
        "18\u202f500,00\u00a0€",
        "12\u202f950,00\u00a0€",
        "Retenu par la commission",
        "Versement 1 payé",
        "Le projet avance",
    ):
        assert words in page, words
    assert page.count('class="now"') == 1
    seqs = [int(number.replace("\u202f", "")) for number in re.findall(r'/comptes/\?ref=\d+">([\d\u202f]+)</a>', page)]
    entries = {entry.seq for entry in public_entries(fund.paid.reference)}
    assert seqs and set(seqs) <= entries


def test_what_was_never_paid_and_what_came_back_are_told(fund):
    """The figures of a project add up to what it was awarded, and gross payments to the net ones."""
    grant = fund.paid.reference
    with transaction.atomic():
        freed = post("release_commitment", at=timezone.now(), amount=55_040, grant=grant, basis=grant)
        post("claim", at=timezone.now(), amount=30_025, grant=grant, basis=grant)
        post("return", at=timezone.now(), amount=30_025, grant=grant, basis=grant)
    page = text_of(f"/projets/{grant}/")
    said = re.search(r"<p>550,40.*?jamais été versés.*?</p>", page, re.DOTALL)
    assert said and f"?ref={freed.seal.seq}" in said[0]
    assert "Somme réclamée" in page and "Somme rendue" in page and "300,25" in page
    page = text_of("/statistiques/")
    assert (
        "12\u202f950,00\u00a0€" in page and "300,25\u00a0€" in page.split("Payé, mois par mois")[0].split("<table")[0]
    )
    assert "300,25\u00a0€" in text_of("/integrer/execution/")


def test_a_report_whose_day_is_over_is_not_announced_as_to_come(fund):
    with time_machine.travel(timezone.now() + timedelta(days=900), tick=False):
        assert "attendu depuis le" in text_of(f"/projets/{fund.paid.reference}/")


def public_entries(reference):
    from fund.ledger import queries as ledger

    return ledger.public_entries_of(reference)


def test_a_signature_awaited_is_marked(fund):
    assert "Convention à signer" in text_of(f"/projets/{fund.known['person'].reference}/")


def test_a_grant_not_taken_up_says_its_reference_and_amount_alone(fund):
    left = fund.known["left"]
    page = text_of(f"/projets/{left.reference}/")
    assert "Non réalisé" in page and "10\u202f000\u00a0€" in page
    for told in (left.title, left.bearer_organisation.name, "Un besoin établi"):
        assert told not in page


def test_a_person_is_named_with_consent_only(fund):
    person = fund.known["person"]
    name = person.bearer_person.name
    assert name not in text_of(f"/projets/{person.reference}/") and name not in text_of("/projets/")
    consent_to_be_named(application=person, actor=person.bearer_person, at=timezone.now(), name=name)
    assert name in text_of(f"/projets/{person.reference}/")


def test_scores_are_told_as_a_multiset_and_hidden_when_they_would_name_a_reader(fund):
    from reviews.models import Assignment

    lines = queries.judged([fund.paid])[fund.paid.pk].lines
    assert lines and all(line.civil == line.state == (9, 9) for line in lines)
    page = text_of(f"/projets/{fund.paid.reference}/")
    assert "sans lien avec un lecteur" in page and "4,5 · 4,5" in page and "<strong>4,50</strong>" in page
    one = Assignment.objects.filter(application=fund.paid, seat__college="state").first()
    Assignment.objects.filter(pk=one.pk).update(state="withdrawn", closed_at=timezone.now())
    # with the score, the other college's ballots would tell the one review that is left: neither is told
    found = queries.judged([fund.paid])[fund.paid.pk]
    assert found.withheld and found.ballots is None and not any(line.civil or line.state for line in found.lines)
    page = text_of(f"/projets/{fund.paid.reference}/")
    assert "4,5 · 4,5" not in page and "moins de deux évaluations" in page


@pytest.mark.parametrize("reference", ["FP-2026-00000000", "x", "a" * 300, "..%2F"])
def test_what_is_not_published_does_not_exist(fund, reference):
    assert Client().get(f"/projets/{reference}/").status_code == 404


def test_a_secret_or_refused_file_answers_like_one_that_does_not_exist(fund):
    unknown = Client().get("/projets/FP-2026-00000000/").content.decode().replace("FP-2026-00000000", "X")
    for row in (fund.secret, fund.refused):
        answer = Client().get(f"/projets/{row.reference}/")
        assert answer.status_code == 404 and answer.content.decode().replace(row.reference, "X") == unknown


def test_statistics_are_those_of_the_set(fund):
    page = text_of("/statistiques/")
    assert 'href="/projets/?beneficiaire=association"' in page
    assert "3 projets aidés" in page and "Seine-Saint-Denis" in page and "association" in page.lower()
    found = queries.summary()
    assert (found.projects, found.not_taken_up, found.earlier, found.cents) == (
        3,
        1,
        0,
        1_850_000 + 1_700_050 + 900_000,
    )
    assert sum(row["projects"] for row in queries.by_department()) == 3
    assert (
        sum(row["cents"] for row in queries.by_call()) == found.cents == sum(row["cents"] for row in queries.by_kind())
    )


def test_one_awarded_amount_whatever_earlier_grants_there_are(fund):
    """The fund's own, taken up: over the API, on the page, and added up from the file."""
    before = Client().get("/api/v1/statistics/").json()
    helpers.with_history(fund)
    said = Client().get("/api/v1/statistics/").json()
    assert said["earlier"] == 28 and said["awarded_amount"] == before["awarded_amount"] == 4_450_050
    assert before["earlier_amount"] == 0
    for name in ("by_year", "by_call", "by_kind"):
        assert sum(row["amount"] for row in said[name]) == said["awarded_amount"], name
        assert sum(row["projects"] for row in said[name]) == said["projects"], name
    rows = json.loads(b"".join(Client().get("/donnees/projets.json")))["projects"]
    own, earlier = (
        sum(round(100 * float(row["awarded_amount"])) for row in rows if row["stage"] in stages)
        for stages in (set(Stage.values) - {Stage.EARLIER, Stage.NOT_TAKEN_UP}, {Stage.EARLIER})
    )
    assert (own, earlier) == (said["awarded_amount"], said["earlier_amount"])
    assert "28 aides antérieures" in text_of("/statistiques/")
    found = queries.summary()
    assert (
        found.all_cents == own + earlier
        and f"pour {format_euros(found.all_cents, cents_if_round=False)}" in text_of("/projets/")
    )


# Filters.


def references(**filters) -> set[str]:
    return {grant.reference for grant in queries.published(Filters(**filters))}


def test_filters_find_what_they_say(fund):
    known = {name: row.reference for name, row in fund.known.items()}
    call = fund.panel.call
    assert references() == set(known.values())
    assert references(text="carnet pannes") == {known["paid"]}
    assert references(text="AGENDA") == {known["signed"], known["person"]}
    assert references(text="AGENDA montreuil") == {known["signed"]}, "of a person, the department alone is told"
    assert references(text=known["left"].lower()) == {known["left"]}
    assert references(text="l’éau") == set() == references(text="secret")
    assert references(department="31") == {known["paid"]}
    assert references(stage=Stage.ACTIVE) == {known["paid"], known["signed"]}
    assert references(stage=Stage.AWARDED) == {known["person"]}
    assert references(stage=Stage.NOT_TAKEN_UP) == {known["left"]}
    assert references(stage=Stage.COMPLETED) == references(stage=Stage.EARLIER) == references(stage="nonsense") == set()
    assert references(theme="inclusion") == set(known.values()) - {known["left"]} and references(theme="incl") == set()
    assert references(call=call.slug) == set(known.values()) and references(call="x") == set()
    year = str(timezone.localdate().year)
    assert references(year=year) == set(known.values()) and references(year="1999") == set()
    for grant in queries.published():
        assert grant.reference in references(stage=grant.stage)


def test_a_title_with_accents_is_found_whatever_its_case(fund):
    helpers.Application.objects.filter(pk=fund.paid.pk).update(title="Écrire à l’État")
    assert references(text="écrire") == references(text="ÉCRIRE") == references(text="Écrire") == {fund.paid.reference}


@pytest.mark.parametrize(
    "query",
    [
        "annee=²", "annee=0", "annee=1", "annee=9999", "annee=99999999999", "annee=-1", "annee=٣", "annee=abcd",
        "departement='", "theme=%22", "theme=%25", "q=%25_%25", "tri=drop", "q=" + "a%20" * 60, "appel=%F0%9F%8C%B3",
    ],
)  # fmt: skip
def test_wrong_filters_match_nothing_or_everything_and_never_break(fund, query):
    for address in ("/projets/", "/donnees/projets.csv", "/donnees/projets.json", "/donnees/projets.xlsx"):
        assert Client().get(f"{address}?{query}").status_code == 200


@pytest.mark.parametrize("page", ["0", "-1", "2", "99999999999999999999", "x", "1.5", "", "1e3"])
@pytest.mark.parametrize("address", ["/projets/", "/comptes/"])
def test_a_page_out_of_range_is_a_404(fund, address, page):
    assert Client().get(f"{address}?page={page}").status_code == 404


def test_pages_follow_each_other_without_a_gap(fund, monkeypatch):
    from registry.views import projects

    monkeypatch.setattr(projects, "PAGE", 2)
    first, second = text_of("/projets/"), text_of("/projets/?page=2")
    for row in fund.known.values():
        assert (row.reference in first) != (row.reference in second)
    assert 'rel="next"' in first and 'rel="next"' not in second
    assert "tri=amount&amp;page=2" in text_of("/projets/?tri=amount") or "page=2&amp;tri=amount" in text_of(
        "/projets/?tri=amount"
    )


def test_orders(fund):
    amounts = [grant.amount for grant in queries.GrantList(Filters(order="amount"))[:10]]
    assert amounts == sorted(amounts, reverse=True)
    recent = [grant.reference for grant in queries.GrantList(EVERYTHING)[:10]]
    oldest = [grant.reference for grant in queries.GrantList(Filters(order="oldest"))[:10]]
    assert recent == oldest[::-1] == [grant.reference for grant in queries.published()]


# The ledger.


def test_every_amount_of_a_bar_opens_the_entries_it_is_made_of(fund):
    page = text_of("/comptes/")
    link = re.search(r'href="(/comptes/\?enveloppe=[^"]*compte=paid)"', page)
    assert link
    found = text_of(link[1].replace("&amp;", "&"))
    assert "<strong>1 écriture</strong>" in found and fund.paid.reference in found
    books.envelope(1_000, year=2031)
    assert 'href="/comptes/?compte=paid"' in text_of("/comptes/")  # of all envelopes together too


@pytest.mark.parametrize("query", ["ref=x", "enveloppe='", "ref=" + "9" * 400, "ref=²", "du=&au=&annee="])
def test_filters_of_the_ledger_never_break(fund, query):
    assert Client().get(f"/comptes/?{query}").status_code == 200


def test_entries_lead_to_a_page(fund):
    for reference in set(re.findall(r"/projets/(FP-[\w-]+)/", text_of("/comptes/"))):
        assert Client().get(f"/projets/{reference}/").status_code == 200


# Documents.


def test_a_document_is_verified_by_its_code(fund):
    document = helpers.award_of(fund.paid).document
    typed = document.code.lower().replace("0", "o")
    answer = Client().get("/verifier/", {"code": f" {typed} "})
    assert answer.status_code == 302 and answer["Location"] == f"/verifier/{document.code}/"
    page = text_of(answer["Location"])
    assert "Lettre d’attribution" in page and document.context_hash[:16] in page and document.sha256 in page
    assert "/donnees/comptes/preuves/" in page
    for name in (fund.paid.title, fund.paid.lead.name, fund.paid.bearer_organisation.name, fund.paid.lead.email):
        assert name not in page


def test_the_page_that_verifies_is_public_and_no_cache_keeps_what_a_code_leads_to(fund):
    bare = Client().get("/verifier/")
    assert bare.headers["Cache-Control"].startswith("public") and not bare.cookies
    assert Client().get("/verifier/", headers={"If-None-Match": bare.headers["ETag"]}).status_code == 304
    assert Client().head("/verifier/").headers["ETag"] == bare.headers["ETag"]
    code = helpers.award_of(fund.paid).document.code
    for asked in (code, "DOC-XXXX"):
        answer = Client().get("/verifier/", {"code": asked})
        assert "no-store" in answer.headers["Cache-Control"] and "ETag" not in answer.headers


def test_a_reference_that_is_no_code_leads_to_the_accounts(fund):
    answer = Client().get("/verifier/", {"code": fund.paid.reference})
    assert answer.status_code == 404 and f'href="/comptes/?ref={fund.paid.reference}"' in answer.content.decode()


def test_a_void_document_says_so(fund):
    from core.models import Document

    document = helpers.award_of(fund.paid).document
    Document.objects.filter(pk=document.pk).update(state="void", voided_at=timezone.now())
    assert "n’est plus valable" in text_of(f"/verifier/{document.code}/")


@pytest.mark.parametrize(("code", "status", "said"), [("DOC-XXXX", 404, "Aucun document"), (" ", 400, "QR code")])
def test_a_code_to_mend_comes_back_as_every_other_form(fund, code, status, said):
    answer = Client().get("/verifier/", {"code": code})
    page = answer.content.decode()
    assert answer.status_code == status and 'href="#id_code"' in page and said in page
    field = re.search(r'<input[^>]* id="id_code"[^>]*>', page)[0]
    assert 'aria-invalid="true"' in field and 'aria-describedby="id_code_helptext id_code_error"' in field
    assert "data-errors" in page, "the summary takes the focus, and the title says it"


@pytest.mark.parametrize("code", ["DOC-ZZZZZZZZ", "é" * 80, "'; --"])
def test_an_unknown_code_is_said_by_the_field(code):
    answer = Client().get(f"/verifier/?code={code}")
    assert answer.status_code in (200, 404)
    assert Client().get("/verifier/DOC-ZZZZZZZZ/").status_code == 404
    page = Client().get("/verifier/?code=DOC-XXXX")
    assert (
        page.status_code == 404
        and 'aria-invalid="true"' in page.content.decode()
        and "DOC-XXXX" in page.content.decode()
    )


def test_a_paper_of_a_secret_decision_shows_no_entry(fund):
    from reviews.models import Decision

    document = Decision.objects.get(application=fund.secret).document
    page = text_of(f"/verifier/{document.code}/")
    assert fund.secret.reference not in page and "preuves/" not in page


# Caching.


@pytest.mark.parametrize("remembers", [False, True])
def test_visitors_are_answered_304_for_the_same_bytes(fund, remembers):
    public_cache.enable(remembers)
    try:
        for address in [*PAGES, f"/projets/{fund.paid.reference}/", "/comptes/?compte=paid"]:
            first = Client().get(address)
            assert first["ETag"] and first["Cache-Control"] == "public, max-age=0, must-revalidate"
            assert "Set-Cookie" not in first.headers and not first.cookies and "Cookie" not in first.get("Vary", "")
            again = Client().get(address, headers={"if-none-match": first["ETag"]})
            assert again.status_code == 304 and again.content == b"" and again["ETag"] == first["ETag"]
            head = Client().head(address)
            assert head.status_code == 200 and head["ETag"] == first["ETag"]
            assert Client().post(address).status_code == 405
    finally:
        public_cache.enable(False)


def test_a_page_is_the_same_for_everybody(fund, as_user):
    for address in [*PAGES, f"/projets/{fund.paid.reference}/"]:
        visitor, officer = Client().get(address), as_user(fund.panel.officer).get(address)
        german = Client().get(address, headers={"accept-language": "de"})
        assert visitor.content == officer.content == german.content and visitor["ETag"] == officer["ETag"]


def test_private_pages_are_never_kept(fund, as_user):
    for address in ("/instruction/historique/", f"/verifier/{helpers.award_of(fund.paid).document.code}/"):
        answer = as_user(fund.panel.officer).get(address)
        assert answer.status_code == 200 and "no-store" in answer["Cache-Control"] and "ETag" not in answer.headers


def test_a_notification_changes_the_page_at_once(fund):
    from reviews.transitions import decisions

    public_cache.enable(True)
    try:
        before = Client().get("/projets/")
        decisions.notify(decision=helpers.Decision.objects.get(application=fund.secret), actor=fund.panel.officer)
        after = Client().get("/projets/", headers={"if-none-match": before["ETag"]})
        assert after.status_code == 200 and fund.secret.title in after.content.decode()
        assert Client().get(f"/projets/{fund.secret.reference}/").status_code == 200
    finally:
        public_cache.enable(False)


def test_every_address_in_a_file_is_ours_and_answers(fund):
    for grant in queries.published():
        assert grant.url.startswith(absolute("/projets/"))
        assert Client().get(grant.url.removeprefix(absolute("/")[:-1])).status_code == 200


def test_data_are_described_in_the_language_of_the_page_and_lead_to_the_api(fund):
    page = text_of("/en/donnees/")
    assert "Registry of projects" in page and "Registre des projets" not in page and "/api/docs/" in page
    assert "Registre des projets" in text_of("/donnees/") and "versions antérieures" in text_of("/donnees/")
    titles = Client().get("/donnees/catalogue.jsonld", headers={"accept-language": "en"}).getvalue().decode()
    assert "Registre des projets" in titles and "Registry of projects" not in titles


def test_the_map_leads_to_departments_that_have_a_project_and_names_the_others(fund):
    for address in ("/projets/", "/statistiques/"):
        drawn = text_of(address).split('class="tilemap', 1)[1].split("</svg>", 1)[0]
        assert (
            len(re.findall(r'<a class="tile"', drawn)) == 2
            and len(re.findall(r'<g class="tile" role="img"', drawn)) == 99
        )
