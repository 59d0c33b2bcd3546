"""The whole way through the screens: identity, rules, envelope, call, second keys, until everyone can read the call and file in it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from core.models import Mail
from fund.enums import CallState, College, Role
from fund.models import Call, Envelope, FundIdentity, RuleVersion
from fund.models.ledger import EnvelopeState
from tests.factories.fund import person_with
from tests.fund.browsing import CRITERIA, approve, call_form, done, open_act, plain
from tests.fund.helpers import officer, president

pytestmark = pytest.mark.django_db


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
