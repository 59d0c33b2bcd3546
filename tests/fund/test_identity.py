"""The fund's identity: two keys, well-formed facts, an IBAN that no list shows."""

import json

import pytest

from core import site, two_key
from core.models import Event, TwoKeyAct
from core.transitions import Refusal
from fund.enums import Role
from fund.models import FundIdentity
from fund.transitions import identity
from tests.factories.fund import FundIdentityFactory, person_with
from tests.fund.helpers import officer, president

pytestmark = pytest.mark.django_db
IBAN = "FR7630006000011234567890189"


def refused(function, *args, **params) -> Refusal:
    with pytest.raises(Refusal) as caught:
        function(*args, **params)
    return caught.value


def propose(at, **changes):
    return identity.propose_change(changes, actor=person_with(Role.ADMINISTRATOR), at=at)


def test_an_administrator_and_a_co_president_change_it(at):
    FundIdentityFactory()
    act = propose(
        at,
        name="Second Essai",
        debtor_iban=IBAN.replace("0600", " 0600 "),
        insee_code="21231",
        address_lines="1 rue des Essais\n\nCour B",
    )
    assert refused(two_key.approve, act, actor=officer(), at=at).code == "not_permitted"
    two_key.approve(act, actor=president(), at=at)
    fund = FundIdentity.current()
    assert (fund.name, fund.debtor_iban, fund.commune, fund.department, fund.address_lines, fund.changed_at) == (
        "Second Essai",
        IBAN,
        "Dijon",
        "21",
        ["1 rue des Essais", "Cour B"],
        at,
    )
    assert site.current().name == "Second Essai"


def test_the_iban_stands_nowhere_in_clear(at):
    FundIdentityFactory()
    act = propose(at, debtor_iban=IBAN)
    assert IBAN not in json.dumps(TwoKeyAct.objects.get(pk=act.pk).params)
    two_key.approve(act, actor=president(), at=at)
    assert IBAN not in json.dumps(list(Event.objects.values_list("payload", flat=True)))
    assert Event.objects.get(machine="fund_identity").payload == {"fields": ["debtor_iban"]}


@pytest.mark.parametrize(
    "name, value",
    [
        ("name", ""),
        ("name", "x" * 121),
        ("siret", "12345678901234"),
        ("siret", "123"),
        ("insee_code", "99999"),
        ("postcode", "5800"),
        ("email", "nul"),
        ("website", "premier essai"),
        ("debtor_iban", "FR7630006000011234567890188"),
        ("debtor_iban", "12"),
        ("debtor_bic", "XX"),
        ("address_lines", 12),
        ("address_lines", ["a"] * 6),
        ("opened_on", "hier"),
        ("pays_through_chorus", "oui"),
        ("commune", "Dijon"),
        ("couleur", "bleu"),
        ("name", 3),
    ],
)
def test_facts_are_well_formed(at, name, value):
    FundIdentityFactory()
    refusal = refused(propose, at, **{name: value})
    assert (refusal.code, refusal.field) == ("content_invalid", name)
    assert str(refusal.reason)


def test_something_changes_and_only_an_administrator_proposes(at):
    fund = FundIdentityFactory()
    assert refused(propose, at, name=fund.name).code == "nothing_changes"
    assert refused(identity.propose_change, {"name": "Autre"}, actor=president(), at=at).code == "not_permitted"


def test_a_fund_that_was_never_described_gets_its_row(at):
    two_key.approve(propose(at, name="Tout neuf"), actor=president(), at=at)
    assert FundIdentity.objects.get().name == "Tout neuf"


def test_whether_the_state_pays_is_said_on_the_form_and_on_the_page(at, as_user):
    FundIdentityFactory()
    browser = as_user(person_with(Role.ADMINISTRATOR))
    page = browser.get("/administration/identite/").content.decode()
    assert "L’État paie, par Chorus" in page or "l’État paie, par Chorus" in page
    form = browser.get("/administration/identite/modifier/").content.decode()
    assert 'type="checkbox" name="pays_through_chorus"' in form
    two_key.approve(propose(at, pays_through_chorus=True), actor=president(), at=at)
    assert FundIdentity.current().pays_through_chorus is True
    assert refused(propose, at, pays_through_chorus=True).code == "nothing_changes"
