"""Public pages corrected or taken down by two keys: what the public reads follows at once, everywhere; the accounts never move; the log says what it may."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from applications.models import Application
from core import two_key
from core.models import Event, Mail
from core.transitions import Refusal
from fund import public_cache
from fund.enums import Role
from registry import queries, transitions
from registry.index.refresh import fresh
from registry.models import PageChange, PublicPage
from registry.queries import pages
from tests.factories.fund import person_with
from tests.registry.helpers import SUMMARY, TITLE
from tests.registry.test_cost import many
from tests.registry.test_leaks import leaks, walk

pytestmark = pytest.mark.django_db


def change(application, hands, verb, **params):
    officer, president = hands
    at = timezone.now()
    given = {"ground": "error", "detail": "Une faute de frappe."} | params
    act = transitions.propose_change(verb.verb, application, actor=officer, at=at, **given)
    return two_key.approve(act, actor=president, at=at)


def corrected(application, hands, ground="error", verb=transitions.correct, **changes):
    return change(application, hands, verb, ground=ground, **transitions.correction(application, changes))


def refused(code, function, *args, **params):
    with pytest.raises(Refusal) as caught:
        function(*args, **params)
    assert caught.value.code == code, caught.value.code
    return caught.value


@pytest.mark.parametrize("remembers", [False, True])
def test_an_unpublished_project_is_in_no_public_byte_and_its_money_is(fund, project, hands, remembers):
    words = [TITLE, SUMMARY]
    corrected(project, hands, summary=SUMMARY + " Corrigé.")
    public_cache.enable(remembers)
    try:
        before = walk(fund)
        shown = {address for address, _secret in leaks(before, [TITLE])}
        assert {
            f"/projets/{project.reference}/", "/projets/", "/donnees/projets.csv", "/donnees/projets.xlsx", "/donnees/360giving.json",
            "/api/v1/projects/", f"/api/v1/projects/{project.reference}/", "/donnees/flux.atom", "/donnees/tout.zip",
            f"/projets/{project.reference}/questions/", f"/organisations/{project.bearer_organisation.siret[:9]}/",
        } <= shown  # fmt: skip
        assert "Corrigé." in before["/corrections/"] and "Corrigé." in before["/donnees/corrections.csv"]
        tags = {address: Client().get(address)["ETag"] for address in shown}
        change(project, hands, transitions.unpublish, ground="personal_data", detail="Demande de la personne.")
        for address, tag in tags.items():
            assert Client().get(address, headers={"if-none-match": tag}).status_code in (200, 404), address
        after = walk(fund)
        assert leaks(after, [*words, "Corrigé.", "Demande de la personne"]) == []
        assert Client().get(f"/projets/{project.reference}/questions/").status_code == 404
        page = after[f"/projets/{project.reference}/"]
        assert "dépubliée" in page and "données personnelles" in page and "18\u202f500" in page
        for ledger in ("/donnees/comptes.csv", "/donnees/comptes.jsonl"):
            assert after[ledger] == before[ledger] and project.reference in after[ledger]
        assert "données personnelles" in after["/comptes/"]
        assert project.reference in after["/corrections/"] and project.reference in after["/donnees/flux.atom"]
        assert Client().get("/projets/?q=Zqxtitre").content.decode().count(project.reference) == 0
        change(project, hands, transitions.republish, ground="personal_data", detail="La demande est retirée.")
        again = walk(fund)
        assert {address for address, _secret in leaks(again, [TITLE])} == shown
        assert "Corrigé." not in again["/corrections/"], "what a silent ground took out of the log stays out"
    finally:
        public_cache.enable(False)


def test_totals_stay_whole(fund, project, hands):
    before, rows = queries.summary(), {row["call__slug"]: row["cents"] for row in queries.by_call()}
    years = queries.by_year()
    left = queries.unsayable_in_scdl()
    change(project, hands, transitions.unpublish, ground="court_order", detail="Jugement n° 12.")
    after = queries.summary()
    assert (after.projects, after.cents, after.not_taken_up) == (before.projects, before.cents, before.not_taken_up)
    assert {row["call__slug"]: row["cents"] for row in queries.by_call()} == rows and queries.by_year() == years
    count, cents = queries.unsayable_in_scdl()
    assert (count, cents) == (left[0] + 1, left[1] + 1_850_000), "what SCDL no longer tells is counted beside it"
    grant = queries.get(project.reference)
    assert (grant.stage, grant.title, grant.recipient_name, grant.amount) == ("unpublished", "", "", 1_850_000)


def test_a_correction_is_read_everywhere_and_told_before_and_after(fund, project, hands, client):
    page = corrected(project, hands, title="Le carnet corrigé", grounds="Un besoin établi.")
    assert page.state == "published" and Application.objects.get(pk=project.pk).title == TITLE
    for address in (f"/projets/{project.reference}/", "/projets/", "/donnees/projets.json", "/api/v1/projects/"):
        answer = client.get(address)
        text = (b"".join(answer) if answer.streaming else answer.content).decode()
        assert "Le carnet corrigé" in text and TITLE not in text, address
    assert "Un besoin établi." in client.get(f"/projets/{project.reference}/").content.decode()
    told = {row["field"]: row for row in client.get("/api/v1/corrections/").json()["results"]}
    assert (told["title"]["before"], told["title"]["after"]) == (TITLE, "Le carnet corrigé")
    assert told["title"]["reference"] == project.reference and set(told) == {"title", "grounds"}
    assert "Le carnet corrigé" in client.get(f"/corrections/?ref={project.reference}").content.decode()
    assert "Aucun changement" in client.get("/corrections/?ref=FP-2026-XXXXXXXX").content.decode()
    assert Mail.objects.filter(code="registry/page.changed", recipient=project.lead).count() == 1


@pytest.mark.parametrize("ground", ["personal_data", "court_order", "safety"])
def test_a_ground_that_protects_keeps_no_text(fund, project, hands, client, ground):
    corrected(project, hands, title="Le carnet de Zqxnom")
    corrected(project, hands, ground=ground, title="Le carnet")
    assert not PageChange.objects.exclude(before="", after="").exists()
    assert all(row["before"] is None for row in client.get("/api/v1/corrections/").json()["results"])
    assert leaks(walk(fund), ["Zqxnom", TITLE]) == []
    with pytest.raises(IntegrityError), transaction.atomic():
        PageChange.objects.filter(ground=ground).update(before="Zqxnom")


def test_texts_are_corrected_while_the_page_is_down(fund, project, hands, client):
    change(project, hands, transitions.unpublish, ground="safety")
    refused("not_allowed_in_state", corrected, project, hands, title="Le carnet")
    corrected(project, hands, verb=transitions.correct_unpublished, title="Le carnet")
    assert "Le carnet" not in client.get(f"/projets/{project.reference}/").content.decode()
    change(project, hands, transitions.republish)
    assert "Le carnet" in client.get(f"/projets/{project.reference}/").content.decode()
    assert leaks(walk(fund), [TITLE]) == []
    assert PublicPage.objects.get().ground == ""


def test_one_key_is_not_enough_and_none_is_in_an_interested_hand(fund, project, hands):
    officer, president = hands
    page = PublicPage.objects.create(application=project)
    said = {"ground": "error", "detail": "Une faute."}
    refused("second_key_missing", transitions.unpublish, public_page=page, actor=officer, **said)
    propose = transitions.propose_change
    at = timezone.now()
    refused("not_permitted", propose, transitions.unpublish.verb, project, actor=president, at=at, **said)
    refused(
        "ground_missing", propose, transitions.unpublish.verb, project, actor=officer, at=at, detail="x", ground="x"
    )
    refused(
        "detail_missing", propose, transitions.unpublish.verb, project, actor=officer, at=at, detail=" ", ground="error"
    )
    for file in (fund.secret, fund.refused, fund.known["left"]):
        refused("not_published", propose, transitions.unpublish.verb, file, actor=officer, at=at, **said)
    act = propose(transitions.unpublish.verb, project, actor=officer, at=at, **said)
    refused("same_person", two_key.approve, act, actor=officer, at=at)
    Application.objects.filter(pk=project.pk).update(bearer_person=president)
    refused("officer_interest", two_key.approve, act, actor=president, at=at)
    assert queries.get(project.reference).title == TITLE and not PageChange.objects.exists()
    Application.objects.filter(pk=project.pk).update(bearer_person=officer)
    refused("officer_interest", propose, transitions.correct.verb, project, actor=officer, at=at, **said)


def test_what_both_read_is_what_is_corrected(fund, project, hands):
    officer, president = hands
    at = timezone.now()
    params = transitions.correction(project, {"title": "Le carnet"}) | {"ground": "error", "detail": "Une faute."}
    act = transitions.propose_change(transitions.correct.verb, project, actor=officer, at=at, **params)
    assert TITLE not in str(act.params), "a proposal keeps no text that may have to go"
    Application.objects.filter(pk=project.pk).update(title="Un autre titre")
    refused("stale_approval", two_key.approve, act, actor=president, at=at)
    assert queries.get(project.reference).title == "Un autre titre"


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("nothing_changes", {}),
        ("unknown_text", {"recipient": "x"}),
        ("title_missing", {"title": " "}),
        ("text_too_long", {"title": "x" * 201}),
        ("not_an_address", {"demo_url": "javascript:alert(1)"}),
        ("text_with_contacts", {"summary": "Appelez le 06 12 34 56 78."}),
    ],
)
def test_texts_that_cannot_be_published_are_refused(fund, project, hands, code, changes):
    refused(code, corrected, project, hands, **changes)


def test_the_desk_proposes_and_the_key_shows_both_texts(fund, project, hands, as_user):
    officer, president = hands
    desk = as_user(officer)
    assert project.reference in desk.get("/instruction/publications/?q=zqxtitre").content.decode()
    address = f"/instruction/publications/{project.reference}/"
    texts = pages.present_texts(project)
    assert texts["title"] == TITLE and texts["summary"] == SUMMARY
    page = desk.get(address).content.decode()
    assert TITLE in page
    form = {f"correct-{name}": text.replace("\n", "\r\n") for name, text in texts.items()}
    form |= {"act": "correct", "correct-ground": "error", "correct-detail": "Faute signalée par l’équipe."}
    same = desk.post(address, form)
    assert same.status_code == 422 and "Rien ne changerait" in same.content.decode()
    sent = desk.post(address, form | {"correct-title": "Le carnet"})
    assert sent.status_code == 302, sent.content.decode()
    desk = as_user(president)
    act = two_key.TwoKeyAct.objects.get()
    shown = desk.get(f"/instruction/cles/{act.reference}/").content.decode()
    assert TITLE in shown and "Le carnet" in shown and "Faute signalée" in shown and SUMMARY not in shown
    assert desk.get(address).status_code == 200
    assert desk.post(f"/instruction/cles/{act.reference}/", {"act": "approve"}).status_code == 302
    assert queries.get(project.reference).title == "Le carnet"
    event = Event.objects.get(machine="public_page")
    assert (
        event.payload == {"ground": "error", "fields": ["title"]}
        and event.reason.text == "Faute signalée par l’équipe."
    )
    assert event.subject == project.reference
    assert as_user(officer).get(f"/instruction/publications/{fund.secret.reference}/").status_code == 404
    assert as_user(project.lead).get(address).status_code == 403


@pytest.mark.parametrize(
    ("before", "after", "parts"),
    [
        ("Nous aidons deux cents personnes.", "Nous aidons cent vingt personnes.",
         ("Nous aidons ", "deux cents", "cent vingt", " personnes.")),
        ("", "Un mot", ("", "", "Un mot", "")),
        ("a a a", "a a", ("a a", " a", "", "")),
        ("un deux", "un deux", ("un deux", "", "", "")),
        ("un\n\ndeux", "un\ndeux", ("un", "\n\n", "\n", "deux")),
    ],
)  # fmt: skip
def test_a_correction_shows_the_words_that_changed(before, after, parts):
    start, gone, come, end = found = pages.difference(before, after)
    assert found == parts and (start + gone + end, start + come + end) == (before, after)


def test_the_log_strikes_what_went_and_marks_what_came(fund, project, hands, client):
    corrected(project, hands, title=f"{TITLE} <b>neuf</b>")
    page = client.get("/corrections/").content.decode()
    assert f"{TITLE}<ins> &lt;b&gt;neuf&lt;/b&gt;</ins>" in page and "<del>" not in page


@pytest.mark.parametrize("rows", [1, 20])
def test_the_log_costs_the_same_at_any_size(rows, fund, project, hands, django_assert_num_queries):
    page = corrected(project, hands, title="Le carnet")
    line = PageChange.objects.get()
    for _number in range(rows - 1):
        line.pk = None
        line.save(force_insert=True)
    fresh()
    for address, cost in (("/corrections/", 3), ("/donnees/corrections.csv", 4), ("/api/v1/corrections/", 1)):
        with django_assert_num_queries(cost):
            answer = Client().get(address)
            assert (answer.getvalue() if answer.streaming else answer.content) and answer.status_code == 200
    assert page.changes.count() == rows


@pytest.mark.parametrize("rows", [1, 20])
def test_the_desk_costs_the_same_at_any_size(rows, as_user, at, django_assert_num_queries):
    reference = many(rows)
    desk = as_user(person_with(Role.CASE_OFFICER))
    for application in Application.objects.filter(state="selected"):
        PublicPage.objects.create(application=application, changed_at=timezone.now())
    with django_assert_num_queries(7):
        assert reference in desk.get("/instruction/publications/").content.decode()
