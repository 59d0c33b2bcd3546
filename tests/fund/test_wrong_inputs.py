"""What the desks of the institution refuse, and how: the reason by the field, nothing typed lost, nothing changed."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from core import two_key
from core.models import TwoKeyAct
from fund.enums import CallState, College, Role
from fund.models import Call, Envelope, FundIdentity, RoleGrant, RuleVersion
from fund.models.ledger import EnvelopeState
from fund.transitions import calls, envelopes, rules
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
from tests.fund.browsing import approve, call_form, done, open_act, plain, refused, text
from tests.fund.helpers import content, officer, president

pytestmark = pytest.mark.django_db
EVERYONE_OF_THE_FUND = [
    Role.CASE_OFFICER,
    Role.AUTHORISING_OFFICER,
    Role.ACCOUNTING_OFFICER,
    Role.CO_PRESIDENT,
    Role.PANEL_MEMBER,
    Role.ADMINISTRATOR,
    Role.AUDITOR,
]
CO, AO, AC, CP, PM, AD, AU = EVERYONE_OF_THE_FUND
DOORS = {
    "/instruction/appels/": {CO, CP, AU},
    "/instruction/appels/nouveau/": {CO},
    "/instruction/cles/": set(EVERYONE_OF_THE_FUND),
    "/instruction/enveloppes/": {AO, AC, CO, CP, AU},
    "/instruction/enveloppes/nouvelle/": {AO},
    "/administration/roles/": set(EVERYONE_OF_THE_FUND),
    "/administration/roles/proposer/": {AD},
    "/administration/regles/": {AD, CP, AU},
    "/administration/identite/": {AD, CP, AU},
    "/administration/identite/modifier/": {AD},
}


def draft(at, **changes):
    return calls.create(content=content(at) | changes, actor=officer(), at=at)


@pytest.mark.parametrize("path", DOORS)
def test_each_desk_opens_to_its_roles_and_says_whom_to_ask(at, path, as_user, client):
    assert client.get(path).status_code == 302
    assert as_user(UserFactory()).get(path).status_code == 403
    for role in EVERYONE_OF_THE_FUND:
        answer = as_user(person_with(role)).get(path)
        assert answer.status_code == (200 if role in DOORS[path] else 403), role
    assert as_user(person_with(AD)).get("/en" + path).status_code in (200, 403)


@pytest.mark.parametrize(
    "path",
    [
        "/instruction/appels/inconnu/",
        "/instruction/appels/inconnu/modifier/",
        "/instruction/appels/inconnu/apercu/",
        "/instruction/appels/inconnu/amender/",
        "/instruction/appels/?page=9",
        "/instruction/cles/ACT-00000000/",
        "/instruction/cles/?vue=tout",
        "/instruction/cles/?page=0",
        "/instruction/enveloppes/E-1900-1/",
        "/administration/roles/999999/",
    ],
)
def test_what_does_not_exist_is_not_found(at, path, as_user):
    assert as_user(officer() if "enveloppes" not in path else person_with(AO)).get(path).status_code == 404


# ---- calls ----


@pytest.mark.parametrize(
    "typed, words",
    [
        ({"title": "", "slug": ""}, "id_title"),
        ({"title": "Deux", "slug": "deja-pris"}, "a déjà servi"),
        ({"title": "Deux", "slug": "Pas Une Adresse"}, "lettres minuscules"),
        ({"title": "Nouveau", "slug": "nouveau"}, "lettres minuscules"),
        ({"title": "???", "slug": ""}, "id_slug"),
        ({"title": "Deux", "source": "inconnu"}, "id_source"),
        ({"title": "x" * 121}, "id_title"),
    ],
)
def test_a_draft_needs_a_title_and_a_free_address(at, as_user, typed, words):
    CallFactory(slug="deja-pris")
    page = as_user(officer()).post("/instruction/appels/nouveau/", typed)
    assert words in refused(page, page.status_code)
    assert page.status_code in (409, 422)
    assert Call.objects.count() == 1


def test_an_earlier_call_is_copied_but_its_dates_and_envelope(at, as_user):
    source = CallFactory(title="L’an dernier")
    browser = as_user(officer())
    assert f'value="{source.slug}" selected' in text(browser.get(f"/instruction/appels/nouveau/?copie={source.slug}"))
    done(browser.post("/instruction/appels/nouveau/", {"title": "Cette année", "source": source.slug}))
    call = Call.objects.get(slug="cette-annee")
    assert call.criteria.count() == source.criteria.count() and call.opens_at is None and call.envelope is None


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"ceiling_amount": "beaucoup"}, "Écrivez un montant"),
        ({"ceiling_amount": ""}, "id_ceiling_amount"),
        ({"floor_amount": "40 000"}, "Le plancher ne peut pas dépasser"),
        ({"closes_at_0": "2026-11-25", "closes_at_1": "08:00"}, "L’ouverture précède la clôture"),
        ({"opens_at_1": ""}, "Indiquez le jour et l’heure"),
        ({"opens_at_0": "2026-10-25", "opens_at_1": "02:30"}, "cette nuit-là"),
        ({"meeting_on": "2026-02-31"}, "id_meeting_on"),
        ({"max_duration_months": "61"}, "id_max_duration_months"),
        ({"contact_email": "pas une adresse"}, "id_contact_email"),
        ({"envelope": "999999"}, "id_envelope"),
        ({"themes": ["inconnu"]}, "id_themes"),
        ({"new_themes": "!!!"}, "Nommez un thème"),
        ({"criteria-1-weight": "101"}, "id_criteria-1-weight"),
        ({"criteria-1-label": ""}, "id_criteria-1-label"),
        ({"instalment_lines-0-trigger": ""}, "id_instalment_lines-0-trigger"),
        ({"eligibility_questions-0-refusal": ""}, "id_eligibility_questions-0-refusal"),
        ({"slug": "deja-pris"}, "a déjà servi"),
    ],
)
def test_a_draft_is_kept_only_when_it_can_be_read_and_nothing_typed_is_lost(at, as_user, changes, words):
    rules_in_force()
    CallFactory(slug="deja-pris")
    call = draft(at)
    page = as_user(officer()).post(f"/instruction/appels/{call.slug}/modifier/", call_form(at, call.envelope) | changes)
    html = refused(page, 422)
    assert words in html
    assert "Prototypes civiques 2026" in html and "Utilité publique" in html
    call.refresh_from_db()
    assert call.title == "Au plus près" and call.version == 1


def test_a_tampered_form_is_refused(at, as_user):
    call = draft(at)
    browser, address = as_user(officer()), f"/instruction/appels/{call.slug}/modifier/"
    typed = call_form(at, call.envelope) | {"criteria-TOTAL_FORMS": "beaucoup"}
    refused(browser.post(address, typed), 422)
    for count in ("²", "9" * 5000, "-3", ""):
        page = browser.post(address, typed | {"criteria-TOTAL_FORMS": count, "add_row": "criteria"})
        assert page.status_code == 200 and 'class="errors"' not in text(page)
    assert browser.post(address, typed | {"add_row": "inconnu"}).status_code in (200, 422)


def test_a_row_is_added_without_saving_and_removed_on_saving(at, as_user):
    call, browser = draft(at), as_user(officer())
    address = f"/instruction/appels/{call.slug}/modifier/"
    page = browser.post(address, call_form(at, call.envelope, add_row="criteria", summary="Tapé, pas enregistré."))
    assert page.status_code == 200 and 'class="errors"' not in text(page)
    assert 'name="criteria-3-label"' in text(page) and "Tapé, pas enregistré." in text(page)
    call.refresh_from_db()
    assert call.version == 1
    done(browser.post(address, call_form(at, call.envelope, slug=call.slug, **{"criteria-1-DELETE": "on"})))
    assert [row.label for row in call.criteria.all()] == ["Utilité publique", "Partenariat"]


def test_the_desk_lists_all_that_keeps_a_call_from_being_published(at, as_user):
    rules_in_force()
    call = calls.create(content={"title": "Vide", "slug": "vide"}, actor=officer(), at=at)
    browser = as_user(officer())
    page = plain(browser.get("/instruction/appels/vide/"))
    for words in ("L’appel n’a pas de critère", "Les versements font 0 %", "Aucune enveloppe n’est choisie"):
        assert words in page, words
    answer = browser.post("/instruction/appels/vide/", {"act": "publish"})
    assert answer.status_code == 422 and "L’appel ne dit pas" in plain(answer)
    assert not TwoKeyAct.objects.exists()
    assert browser.post("/instruction/appels/vide/", {"act": "conclude"}).status_code == 400
    done(browser.post("/instruction/appels/vide/", {"act": "discard"}))
    call.refresh_from_db()
    assert call.state == CallState.CANCELLED and "Vide" not in plain(browser.get("/instruction/appels/"))


def test_who_reads_only_is_offered_nothing_and_refused(at, as_user):
    call = draft(at)
    for person in (president(), person_with(AU)):
        browser = as_user(person)
        assert 'name="act"' not in text(browser.get(f"/instruction/appels/{call.slug}/"))
        assert browser.get(f"/instruction/appels/{call.slug}/modifier/").status_code == 403
        assert browser.post(f"/instruction/appels/{call.slug}/", {"act": "publish"}).status_code == 403
        assert browser.get(f"/instruction/appels/{call.slug}/apercu/").status_code == 200


def test_a_co_president_reads_no_balance_in_what_keeps_a_call(at, as_user):
    """A vote not notified yet could be read in it."""
    call = draft(at)
    Envelope.objects.filter(pk=call.envelope_id).update(free_amount=1_234_500, reserved_amount=48_765_500)
    page = f"/instruction/appels/{call.slug}/"
    assert "12 345 €" in plain(as_user(officer()).get(page))
    seen = plain(as_user(president()).get(page))
    assert "12 345" not in seen and "moins de libre" in seen


def test_a_published_call_is_amended_with_two_keys(at, as_user):
    writer, other = officer(), officer()
    call = CallFactory(state="published", opens_at=at - timedelta(days=10), contact_email="a@demo.example")
    browser, address = as_user(writer), f"/instruction/appels/{call.slug}/amender/"
    assert browser.get(f"/instruction/appels/{call.slug}/modifier/").status_code == 409
    form = browser.get(address).context["form"]
    values = {}
    for bound in form:
        value = bound.value()
        if hasattr(bound.field.widget, "widgets"):
            parts = bound.field.widget.decompress(value)
            values |= {f"{bound.name}_{n}": str(part)[:10] if part else "" for n, part in enumerate(parts)}
            if parts[1]:
                values[f"{bound.name}_1"] = parts[1].strftime("%H:%M")
        else:
            values[bound.name] = "" if value is None else str(value)
    values |= {"faq-TOTAL_FORMS": "1", "faq-INITIAL_FORMS": "0", "faq-0-question": "", "faq-0-answer": ""}
    values |= {"faq-MIN_NUM_FORMS": "0", "faq-MAX_NUM_FORMS": "20"}
    faq = call.content()["faq"]
    values |= {"faq-TOTAL_FORMS": str(len(faq)), "faq-INITIAL_FORMS": str(len(faq))}
    for number, row in enumerate(faq):
        values |= {f"faq-{number}-{name}": value for name, value in row.items()}

    page = refused(browser.post(address, values | {"reason": ""}), 422)
    assert "id_reason" in page
    assert "Rien ne changerait" in refused(browser.post(address, values | {"reason": "Pour voir."}), 422)
    earlier = (call.closes_at - timedelta(days=3)).date().isoformat()
    page = refused(browser.post(address, values | {"reason": "Plus tôt.", "closes_at_0": earlier}), 422)
    assert "repoussée, jamais avancée" in page and "Plus tôt." in page
    page = browser.post(address, values | {"reason": "Une question.", "add_row": "faq"})
    assert page.status_code == 200 and f'name="faq-{len(faq)}-question"' in text(page)

    done(browser.post(address, values | {"reason": "Un titre plus clair.", "title": "Encore plus près"}))
    act = open_act("amend")
    shown = plain(as_user(other).get(f"/instruction/cles/{act.reference}/"))
    assert call.title in shown and "Encore plus près" in shown and "Un titre plus clair." in shown
    approve(as_user(other), act)
    call.refresh_from_db()
    assert call.title == "Encore plus près" and call.version == 2


def test_a_closed_call_is_reopened_and_cancelled_from_its_desk(at, as_user):
    call = CallFactory(state="closed", opens_at=at - timedelta(days=60))
    browser, address = as_user(officer()), f"/instruction/appels/{call.slug}/"
    day = (at + timedelta(days=5)).date().isoformat()
    assert "id_reopen-closes_at" in refused(browser.post(address, {"act": "reopen", "reopen-reason": "Panne."}), 422)
    past = {
        "act": "reopen",
        "reopen-closes_at_0": "2026-01-01",
        "reopen-closes_at_1": "12:00",
        "reopen-reason": "Panne.",
    }
    assert "Panne." in refused(browser.post(address, past), 422)
    done(browser.post(address, past | {"reopen-closes_at_0": day}))
    approve(as_user(president()), open_act("reopen"))
    call.refresh_from_db()
    assert call.state == CallState.PUBLISHED and call.is_open(at)
    answer = browser.post(address, {"act": "cancel", "cancel-reason": " "})
    assert "Dites pourquoi" in refused(answer, 422)
    done(browser.post(address, {"act": "cancel", "cancel-reason": "Le budget est retiré."}))
    approve(as_user(president(College.STATE)), open_act("cancel"))
    call.refresh_from_db()
    assert call.state == CallState.CANCELLED


# ---- the second key ----


def proposed_call(at):
    writer = officer()
    call = draft(at)
    return writer, call, two_key.propose(calls.publish.verb, call, actor=writer, at=at)


def test_an_act_is_refused_with_its_reason_or_taken_back(at, as_user):
    writer, call, act = proposed_call(at)
    other = as_user(officer())
    address = f"/instruction/cles/{act.reference}/"
    assert "id_refuse-reason" in refused(other.post(address, {"act": "refuse", "refuse-reason": ""}), 422)
    assert other.post(address, {"act": "danser"}).status_code == 400
    refused(other.post(address, {"act": "withdraw"}), 403)
    done(other.post(address, {"act": "refuse", "refuse-reason": "La grille n’est pas relue."}))
    assert "La grille n’est pas relue." in plain(as_user(writer).get(address))
    act = two_key.propose(calls.publish.verb, call, actor=writer, at=at)
    done(as_user(writer).post(f"/instruction/cles/{act.reference}/", {"act": "withdraw"}))
    act.refresh_from_db()
    assert act.state == "withdrawn"


def test_nobody_turns_both_keys_and_a_changed_content_is_proposed_again(at, as_user):
    writer, call, act = proposed_call(at)
    address = f"/instruction/cles/{act.reference}/"
    page = as_user(writer).get(address)
    assert 'value="approve"' not in text(page) and "une autre personne doit l’approuver" in plain(page)
    refused(as_user(writer).post(address, {"act": "approve"}), 422)
    calls.edit(call=call, content={"summary": "Changé depuis."}, actor=writer, at=at)
    refused(as_user(president()).post(address, {"act": "approve"}), 409)
    act.refresh_from_db()
    assert act.state == "stale"


def test_an_act_expires_after_fourteen_days(at, as_user):
    _writer, call, act = proposed_call(at)
    with time_machine.travel(at + timedelta(days=14), tick=False):
        browser = as_user(president())
        page = browser.get(f"/instruction/cles/{act.reference}/")
        assert "Expiré" in plain(page) and 'value="approve"' not in text(page)
        refused(browser.post(f"/instruction/cles/{act.reference}/", {"act": "approve"}), 422)
    call.refresh_from_db()
    assert call.state == CallState.DRAFT


def test_an_act_is_read_by_those_it_concerns_alone(at, as_user):
    _writer, _call, act = proposed_call(at)
    address = f"/instruction/cles/{act.reference}/"
    assert as_user(person_with(PM)).get(address).status_code == 404
    assert as_user(person_with(AU)).get(address).status_code == 200
    assert act.title in text(as_user(president()).get("/instruction/cles/"))
    assert act.title not in text(as_user(person_with(AO)).get("/instruction/cles/"))


# ---- envelopes ----


@pytest.mark.parametrize(
    "typed, words",
    [
        ({"year": "", "label": "X"}, "id_year"),
        ({"year": "2126", "label": "X"}, "dix ans"),
        ({"year": "2026"}, "id_label"),
    ],
)
def test_an_envelope_needs_a_near_year_and_a_name(at, as_user, typed, words):
    page = as_user(person_with(AO)).post("/instruction/enveloppes/nouvelle/", typed)
    assert words in refused(page, 422) and not Envelope.objects.exists()


def test_no_money_is_opened_before_the_fund_has_a_name_for_its_ledger(at, as_user):
    row = EnvelopeFactory(state="draft")
    answer = as_user(person_with(AO)).post(
        f"/instruction/enveloppes/{row.reference}/", {"act": "open", "open-amount": "300 000"}
    )
    assert answer.status_code == 409 and "SIRET" in plain(answer)


def test_money_is_opened_raised_lowered_carried_and_closed_with_two_keys(at, as_user):
    FundIdentityFactory(opened_on=at.date())
    money, second = as_user(person_with(AO)), as_user(president())
    rows = [envelopes.create(year=2026, label=name, actor=person_with(AO), at=at) for name in ("Un", "Deux")]
    one, two = (f"/instruction/enveloppes/{row.reference}/" for row in rows)

    def propose(page, verb, **typed):
        done(money.post(page, {"act": verb} | {f"{verb}-{name}": value for name, value in typed.items()}))
        approve(second, open_act(verb))
        for row in rows:
            row.refresh_from_db()

    for wrong in ("", "0", "-5", "beaucoup", "99999999999999"):
        assert "id_open-amount" in refused(money.post(one, {"act": "open", "open-amount": wrong}), 422)
    propose(one, "open", amount="300 000")
    propose(two, "open", amount="1 000,50")
    assert rows[1].free_amount == 100_050
    propose(one, "raise_", amount="50 000", reason="Une décision modificative.")
    assert rows[0].opened_amount == 35_000_000
    assert "id_lower-reason" in refused(
        money.post(one, {"act": "lower", "lower-amount": "10", "lower-reason": ""}), 422
    )
    page = refused(money.post(one, {"act": "lower", "lower-amount": "400 000", "lower-reason": "Trop."}), 409)
    assert "400 000" in page and "Trop." in page
    propose(one, "lower", amount="50 000", reason="Rendu.")
    typed = {"act": "carry", "carry-amount": "10", "carry-reason": "R.", "carry-to": rows[0].reference}
    assert "id_carry-to" in refused(money.post(one, typed), 422)
    propose(one, "carry", amount="300 000", to=rows[1].reference, reason="Fin d’exercice.")
    assert (rows[0].free_amount, rows[1].free_amount) == (0, 30_100_050)
    propose(one, "close")
    assert rows[0].state == EnvelopeState.CLOSED
    assert as_user(officer()).post(two, {"act": "close"}).status_code == 403
    for browser in (money, second, as_user(officer())):
        assert "Deux" in plain(browser.get("/instruction/enveloppes/")) and browser.get(two).status_code == 200


# ---- roles ----


@pytest.mark.parametrize(
    "typed, words",
    [
        ({"email": "inconnu@demo.example"}, "Aucun compte"),
        ({"email": "pas une adresse"}, "id_email"),
        ({"role": ""}, "id_role"),
        ({"role": "roi"}, "id_role"),
        ({"role": "panel_member", "college": ""}, "pour un collège"),
        ({"ends_at_0": "2020-01-01", "ends_at_1": "00:00"}, "Un rôle finit après son début"),
        ({"role": "accounting_officer"}, "ne se cumule pas"),
    ],
)
def test_a_role_is_proposed_for_a_known_person_who_may_hold_it(at, as_user, typed, words):
    person = person_with(Role.CASE_OFFICER, email="lea@demo.example")
    answer = as_user(person_with(AD)).post(
        "/administration/roles/proposer/", {"email": person.email, "role": "panel_member", "college": "state"} | typed
    )
    assert words in refused(answer, answer.status_code) and answer.status_code in (409, 422)
    assert not RoleGrant.objects.filter(state="proposed").exists()


def test_a_role_is_granted_extended_ended_and_given_up_by_the_screens(at, as_user):
    administrator, second = as_user(person_with(AD)), as_user(president())
    person = UserFactory(email="lea@demo.example")
    typed = {"email": person.email, "role": "auditor", "ends_at_0": "2027-06-30", "ends_at_1": "12:00"}
    waits = done(administrator.post("/administration/roles/proposer/", typed)).url
    assert waits == f"/instruction/cles/{open_act('grant').reference}/"
    assert "déjà proposé" in refused(administrator.post("/administration/roles/proposer/", typed), 422)
    approve(second, open_act("grant"))
    row = RoleGrant.objects.get(user=person)
    address = f"/administration/roles/{row.pk}/"
    assert row.state == "granted" and "Tenu" in plain(administrator.get(address))
    earlier = {"act": "extend", "extend-ends_at_0": "2027-01-01", "extend-ends_at_1": "12:00"}
    assert "id_extend-ends_at" in refused(administrator.post(address, earlier), 422)
    done(administrator.post(address, earlier | {"extend-ends_at_0": "2028-01-01"}))
    approve(second, open_act("extend"))
    refused(administrator.post(address, {"act": "end", "end-reason": ""}), 422)
    assert administrator.post(address, {"act": "step_down", "step_down-reason": ""}).status_code == 403
    done(as_user(person).post(address, {"act": "step_down", "step_down-reason": "Je pars."}))
    row.refresh_from_db()
    assert row.state == "ended" and "Je pars." in plain(administrator.get(address))
    assert "lea@demo.example" not in plain(as_user(officer()).get(address))


# ---- rules ----


def rule_values(browser, address: str) -> dict:
    return {
        field.name: field.value()
        for field in browser.get(address).context["form"]
        if field.value() not in (None, False, "")
    }


@pytest.mark.parametrize(
    "code, value",
    [
        ("reviews_per_college", "0"),
        ("reviews_per_college", "deux"),
        ("quorum", "3/0"),
        ("quorum", "2"),
        ("minimum_score", "six"),
        ("review_reminder_days", "sept"),
        ("ceiling_amount", "rien"),
        ("majority", "plebiscite"),
        ("authority", ""),
    ],
)
def test_a_rule_is_read_by_its_own_definition(at, as_user, code, value):
    RuleVersionFactory(number=1)
    row = rules.create(parameters={}, actor=president(), at=at)
    browser, address = as_user(president(College.STATE)), f"/administration/regles/{row.number}/modifier/"
    page = refused(browser.post(address, rule_values(browser, address) | {code: value, "note": "Gardé."}), 422)
    assert f"id_{code}" in page and "Gardé." in page
    row.refresh_from_db()
    assert row.note == ""


def test_rules_take_effect_when_both_colleges_agree(at, as_user):
    first = RuleVersionFactory(number=1)
    administrator, civil, state = as_user(person_with(AD)), as_user(president()), as_user(president(College.STATE))
    address = done(administrator.post("/administration/regles/nouvelle/")).url
    assert address == "/administration/regles/2/modifier/"
    page = administrator.post("/administration/regles/nouvelle/")
    assert page.status_code == 409 and RuleVersion.objects.count() == 2
    version = "/administration/regles/2/"
    answer = administrator.post(version, {"act": "put_in_force"})
    assert answer.status_code == 422 and "Dites ce qui change" in plain(answer)
    values = rule_values(administrator, address)
    weighted = values | {"note": "Un vote par collège.", "majority": "college_weighted"}
    done(administrator.post(address, weighted))
    answer = administrator.post(version, {"act": "put_in_force"})
    assert answer.status_code == 422 and "base légale" in plain(answer)
    done(administrator.post(address, weighted | {"legal_basis": "Décret fictif, article 2."}))
    done(administrator.post(version, {"act": "put_in_force"}))
    act = open_act("put_in_force")
    waits = f"/instruction/cles/{act.reference}/"
    assert "n’a pas encore donné" in plain(administrator.get(waits)) and "Approuver" not in plain(civil.get(waits))
    done(civil.post(version, {"act": "endorse"}))
    approve(state, act)
    first.refresh_from_db()
    assert first.state == "superseded" and RuleVersion.objects.get(number=2)["majority"] == "college_weighted"
    assert administrator.get(address).status_code == 409
    page = plain(administrator.get(version))
    assert "Un vote par collège." in page and "Décret fictif, article 2." in page


# ---- identity ----


@pytest.mark.parametrize(
    "typed, field",
    [
        ({"name": ""}, "name"),
        ({"siret": "12345678900000"}, "siret"),
        ({"email": "pas une adresse"}, "email"),
        ({"website": "ftp"}, "website"),
        ({"insee_code": "99999"}, "insee_code"),
        ({"postcode": "58"}, "postcode"),
        ({"debtor_iban": "FR76 1234 5678 9012 3456 7890 123"}, "debtor_iban"),
        ({"debtor_bic": "XX"}, "debtor_bic"),
        ({"opened_on": "hier"}, "opened_on"),
    ],
)
def test_the_identity_is_read_fact_by_fact(at, as_user, typed, field):
    fund = FundIdentityFactory()
    values = {"name": fund.name, "siret": fund.siret, "phone": "03 00 00 00 00"} | typed
    page = refused(as_user(person_with(AD)).post("/administration/identite/modifier/", values), 422)
    assert f"#id_{field}" in page and "03 00 00 00 00" in page
    assert not TwoKeyAct.objects.exists()


def test_the_account_payments_leave_from_changes_with_two_keys_and_shows_its_end_alone(at, as_user):
    fund = FundIdentityFactory()
    administrator, second = as_user(person_with(AD)), as_user(president())
    form = administrator.get("/administration/identite/modifier/").context["form"]
    values = {field.name: field.value() for field in form if field.value() not in (None, "")}
    page = refused(administrator.post("/administration/identite/modifier/", values), 422)
    assert "Rien ne changerait" in page
    FundIdentity.objects.update(address_lines=["7 passage des Brouillons", "58000 Nevers"])
    sent = values | {"address_lines": "7 passage des Brouillons\r\n58000 Nevers"}  # as a browser sends it
    assert "Rien ne changerait" in refused(administrator.post("/administration/identite/modifier/", sent), 422)
    FundIdentity.objects.update(address_lines=[])
    done(
        administrator.post(
            "/administration/identite/modifier/", values | {"debtor_iban": "FR14 2004 1010 0505 0001 3M02 606"}
        )
    )
    act = open_act("change")
    assert "2004101005" not in str(act.params)
    assert "FR1420041010050500013M02606" in plain(second.get(f"/instruction/cles/{act.reference}/")).replace(" ", "")
    approve(second, act)
    assert FundIdentity.objects.get().debtor_iban == "FR1420041010050500013M02606"
    shown = text(administrator.get("/administration/identite/"))
    assert "2606" in shown and "20041010" not in shown and fund.siret in shown


# ---- lists ----


@pytest.mark.parametrize("count", [1, 20])
@pytest.mark.parametrize(
    "path, role, queries",
    [
        ("/instruction/appels/", CO, 7),
        ("/instruction/enveloppes/", AO, 7),
        ("/administration/roles/", AD, 8),
        ("/administration/regles/", AD, 9),
        ("/instruction/cles/?vue=proposes", CO, 7),
    ],
)
def test_a_list_asks_the_database_the_same_whatever_its_length(
    at, as_user, django_assert_num_queries, count, path, role, queries
):
    person = person_with(role)
    RuleVersionFactory(number=1)
    for number in range(count):
        CallFactory()
        RoleGrantFactory(role=Role.AUDITOR, user=UserFactory())
        RuleVersionFactory(number=number + 2, state="superseded", superseded_at=at)
    browser = as_user(person)
    browser.get(path)
    with django_assert_num_queries(queries):
        browser.get(path)
