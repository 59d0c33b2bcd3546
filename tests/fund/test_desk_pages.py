"""The whole way through the screens: envelope, rules, call, second keys, until everyone can read the call."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
import time_machine

from core.models import Event, Mail, TwoKeyAct
from fund.enums import CallState, College, Role
from fund.models import Call, Envelope, FundIdentity, RoleGrant, RuleVersion, Theme
from fund.models.ledger import EnvelopeState
from tests.conftest import PARIS
from tests.factories.core import UserFactory
from tests.factories.fund import (
    CallFactory,
    EnvelopeFactory,
    FundIdentityFactory,
    RoleGrantFactory,
    RuleVersionFactory,
    person_with,
    rules_in_force,
)
from tests.fund.helpers import content, officer, president

pytestmark = pytest.mark.django_db
HTTP = "django.test.Client"


def text(response) -> str:
    return response.content.decode()


def plain(response) -> str:
    """The page without markup, with ordinary spaces."""
    words = re.sub(r"<[^>]+>", " ", text(response))
    return re.sub(r"\s+", " ", words.replace("\u202f", " ").replace("\xa0", " "))


def done(response):
    """The act was done: back to a page."""
    assert response.status_code == 302, re.findall(
        r'class="(?:error|why|errors)[^>]*>(.*?)</(?:div|p)>', text(response), re.S
    )
    return response


def refused(response, status: int = 422, *words: str) -> str:
    page = text(response)
    assert response.status_code == status, page
    assert 'class="errors"' in page
    for word in words:
        assert word in page, word
    return page


def paris(value: datetime) -> tuple[str, str]:
    local = value.astimezone(PARIS)
    return local.date().isoformat(), local.strftime("%H:%M")


def approve(browser, act: TwoKeyAct):
    return done(browser.post(f"/instruction/cles/{act.reference}/", {"act": "approve"}))


def open_act(verb: str) -> TwoKeyAct:
    return TwoKeyAct.objects.get(verb=verb, state="proposed")


def formset(name: str, rows: list[dict], initial: int = 0) -> dict:
    data = {f"{name}-TOTAL_FORMS": len(rows), f"{name}-INITIAL_FORMS": initial, f"{name}-MIN_NUM_FORMS": 0}
    data |= {f"{name}-MAX_NUM_FORMS": 20}
    return data | {f"{name}-{number}-{key}": value for number, row in enumerate(rows) for key, value in row.items()}


CRITERIA = [("Utilité publique", 40), ("Qualité du prototype", 35), ("Partenariat", 25)]


def call_form(at, envelope, **changes) -> dict:
    """What a case officer types in the page of a draft."""

    def instant(name, days):
        day, hour = paris(at + timedelta(days=days))
        return {f"{name}_0": day, f"{name}_1": hour}

    def day(days):
        return (at + timedelta(days=days)).date().isoformat()

    data = {
        "title": "Prototypes civiques 2026",
        "slug": "prototypes-civiques-2026",
        "summary": "Des prototypes essayés pour de vrai.",
        "description": "Un premier paragraphe.\n\nUn second.",
        "contact_email": "bonjour@demo.example",
        "new_themes": "Accès aux droits\nTransition écologique",
        "envelope": str(envelope.pk),
        "ceiling_amount": "30 000 €",
        "floor_amount": "2000",
        "max_duration_months": "18",
        **instant("opens_at", 1),
        **instant("closes_at", 46),
        "eligibility_by_on": day(60),
        "review_opens_on": day(62),
        **instant("review_closes_at", 85),
        "meeting_on": day(92),
        "notified_by_on": day(100),
    }
    data |= formset(
        "criteria",
        [
            {"label": label, "weight": weight, "question": f"{label} : qu’en dit le public ?"}
            | {f"anchor_{score}": f"{label} : repère {score}" for score in range(6)}
            for label, weight in CRITERIA
        ],
    )
    data |= formset(
        "instalment_lines",
        [
            {"label": "Avance", "percent": 70, "trigger": "agreement_signed"},
            {"label": "Solde", "percent": 30, "trigger": "final_report_accepted"},
        ],
    )
    data |= formset(
        "eligibility_questions",
        [
            {
                "question": "Est-ce nouveau ?",
                "expected": "yes",
                "refusal": "Pas de fonctionnement courant.",
                "article": "art. 5",
            }
        ],
    )
    data |= formset("faq", [{"question": "Faut-il un cofinancement ?", "answer": "Non."}])
    return data | changes


def test_a_call_from_nothing_to_its_public_page_by_the_screens_alone(at, as_user, client):
    authorising, writer, second = person_with(Role.AUTHORISING_OFFICER), officer(), officer()
    administrator = as_user(person_with(Role.ADMINISTRATOR))
    civil, state = president(), president(College.STATE)
    money, desk, civil_desk, state_desk = (as_user(person) for person in (authorising, writer, civil, state))

    # Who the fund is: the ledger begins with it.
    values = {"name": "Premier Essai", "siret": "000 050 708 00015", "opened_on": "2026-09-01", "insee_code": "58194"}
    done(administrator.post("/administration/identite/modifier/", values))
    approve(civil_desk, open_act("change"))
    assert FundIdentity.current().commune == "Nevers"

    # The rules of the panel, by both colleges.
    done(civil_desk.post("/administration/regles/nouvelle/"))
    rules = RuleVersion.objects.get()
    page = civil_desk.get(f"/administration/regles/{rules.number}/modifier/")
    values = {field.name: field.value() for field in page.context["form"] if field.value() not in (None, False)}
    values |= {"note": "Les premières règles du fonds.", "reviews_per_college": "3", "ceiling_amount": "30000"}
    done(civil_desk.post(f"/administration/regles/{rules.number}/modifier/", values))
    done(civil_desk.post(f"/administration/regles/{rules.number}/", {"act": "put_in_force"}))
    approve(state_desk, open_act("put_in_force"))
    rules.refresh_from_db()
    assert rules.state == "in_force" and rules["reviews_per_college"] == 3 and rules["ceiling_amount"] == 3_000_000

    # The envelope: the authorising officer proposes, a co-president approves.
    done(money.post("/instruction/enveloppes/nouvelle/", {"year": "2026", "label": "Exercice 2026"}))
    envelope = Envelope.objects.get()
    done(money.post(f"/instruction/enveloppes/{envelope.reference}/", {"act": "open", "open-amount": "300 000"}))
    approve(civil_desk, open_act("open"))
    envelope.refresh_from_db()
    assert envelope.state == EnvelopeState.OPEN and envelope.free_amount == 30_000_000

    # The call: a draft, then its content.
    answer = done(
        desk.post("/instruction/appels/nouveau/", {"title": "Prototypes civiques 2026", "slug": "", "source": ""})
    )
    assert answer.url == "/instruction/appels/prototypes-civiques-2026/modifier/"
    answer = done(desk.post(answer.url, call_form(at, envelope, finish="1")))
    assert answer.url == "/instruction/appels/prototypes-civiques-2026/"
    call = Call.objects.get()
    assert call.ceiling_amount == 3_000_000 and call.envelope == envelope and call.rule_version == rules
    assert [(row.label, row.weight) for row in call.criteria.all()] == CRITERIA
    assert [row.percent for row in call.instalment_lines.all()] == [70, 30]
    assert sorted(call.themes.values_list("label", flat=True)) == ["Accès aux droits", "Transition écologique"]
    assert call.partner_deadline_at is not None
    assert "Prêt à publier" in plain(desk.get(answer.url))
    assert client.get("/appels/prototypes-civiques-2026/").status_code == 404

    # Two keys: the writer proposes, another officer approves.
    done(desk.post(answer.url, {"act": "publish"}))
    act = open_act("publish")
    assert Mail.objects.filter(code="fund/two_key.to_approve", to=second.email, reference=act.reference).exists()
    assert desk.post(f"/instruction/cles/{act.reference}/", {"act": "approve"}).status_code == 422
    approve(as_user(second), act)
    call.refresh_from_db()
    assert call.state == CallState.PUBLISHED

    # Announced first, open the day after.
    assert "Prototypes civiques 2026" in plain(client.get("/appels/?etat=a-venir"))
    assert "Prototypes civiques 2026" not in plain(client.get("/appels/?etat=ouverts"))
    with time_machine.travel(at + timedelta(days=2), tick=False):
        assert "Prototypes civiques 2026" in plain(client.get("/appels/?etat=ouverts"))
        page = plain(client.get("/appels/prototypes-civiques-2026/"))
        for words in (
            "300 000 €",
            "30 000 €",
            "Utilité publique 40 %",
            "Utilité publique : qu’en dit le public ?",
            "Utilité publique : repère 5",
            "70 %",
            "heure de Paris, UTC+0100",
            "Accès aux droits",
            "Candidater",
        ):
            assert words in page, words
