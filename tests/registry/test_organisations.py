"""The page of an organisation: its published grants and nothing else."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from fund.models import Organisation
from registry import queries, transitions
from registry.models import PastGrant
from tests.registry import helpers

pytestmark = pytest.mark.django_db


def siren_of(application) -> str:
    return application.bearer_organisation.siret[:9]


def page(siren: str, status: int = 200) -> str:
    answer = Client().get(f"/organisations/{siren}/")
    assert answer.status_code == status
    return answer.content.decode()


def test_it_tells_what_was_published_by_year_and_from_which_call(fund):
    paid = fund.paid
    siren = siren_of(paid)
    assert f"/organisations/{siren}/" in Client().get(f"/projets/{paid.reference}/").content.decode()
    text = page(siren)
    assert paid.title in text and paid.call.title in text and paid.bearer_organisation.name in text
    assert "plus de 23" not in text
    received = queries.received_by(siren)
    row = helpers.read_past_grants((helpers.DATA / "scdl" / "exemple_valide.csv").read_bytes()).rows[0]
    row.recipient_siret, row.agreed_on = paid.bearer_organisation.siret, timezone.localdate()
    row.amount, row.share = 2_300_001, None
    transitions.import_past_grants(rows=[row], actor=fund.panel.officer, at=timezone.now())
    more = queries.received_by(siren)
    assert (len(more.grants), more.cents) == (
        len(received.grants) + 1,
        received.cents + PastGrant.objects.get().shared_amount,
    )
    assert sum(one.cents for one in more.years) == more.cents and any(one.is_above for one in more.years)
    assert "plus de 23" in page(siren)


def test_a_siret_leads_to_the_organisation_and_so_does_a_search(fund):
    siret = fund.paid.bearer_organisation.siret
    answer = Client().get(f"/en/organisations/{siret}/")
    assert answer.status_code == 302 and answer["Location"] == f"/en/organisations/{siret[:9]}/"
    for typed in (siret[:9], siret):
        assert f'href="/organisations/{siret[:9]}/"' in Client().get("/projets/", {"q": typed}).content.decode()
    assert "/organisations/" not in Client().get("/projets/", {"q": "123456789"}).content.decode()


def test_nothing_is_told_of_who_has_nothing_published(fund):
    for application in (fund.secret, fund.refused, fund.known["left"]):
        mine = Organisation.objects.get(pk=application.bearer_organisation_id)
        others = {siren_of(one) for one in fund.known.values() if one.bearer_organisation and one != fund.known["left"]}
        if mine.siret[:9] not in others:
            page(mine.siret[:9], 404)
    for wrong in ("", "1", "12345678", "1234567890", "abcdefghi", "١٢٣٤٥٦٧٨٩"):
        assert queries.received_by(wrong) is None
    page("abcdefghi", 404)


def test_it_costs_the_same_at_any_number(fund, django_assert_num_queries):
    siren = siren_of(fund.paid)
    page(siren)
    with django_assert_num_queries(7):
        page(siren)
    for number in range(20):
        PastGrant.objects.create(
            identity=f"{number:064}", row_key=f"{number:016}".ljust(64, "0"), funder_name="Fonds", funder_siret="13002526500013",
            agreed_on=timezone.localdate(), recipient_name="Asso", recipient_siret=fund.paid.bearer_organisation.siret,
            purpose="Projet", amount=100, imported_at=timezone.now(), imported_by=fund.panel.officer,
        )  # fmt: skip
    page(siren)
    with django_assert_num_queries(8):  # earlier grants are read too
        assert page(siren).count("Projet") >= 20
