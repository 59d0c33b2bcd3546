"""The index of the published set: in French, the same on both databases, up to date from the commit on whoever changed what, exact in its counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from unittest import mock

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from applications.models import Application, Partnership
from applications.transitions import consent_to_be_named, withdraw_name_consent
from fund.models import Organisation
from payments.models import Agreement
from registry import queries
from registry.index import database
from registry.index.refresh import fresh, rebuild
from registry.index.words import asked, folded, indexed, stem
from registry.models import (
    PastGrant,
    Pending,
    PublishedCount,
    PublishedRow,
    PublishedText,
    PublishedTheme,
    PublishedVersion,
)
from registry.queries import Filters
from registry.queries.facets import COLUMNS, forget
from registry.queries.grants import band_of
from registry.queries.published import beyond, key_of, matching, ordered
from tests.registry import helpers

pytestmark = pytest.mark.django_db


# Words.


@pytest.mark.parametrize(
    ("searched", "text"),
    [
        ("ecole", "L’école du quartier"), ("ÉCOLES", "une école"), ("ecol", "L’écologie populaire"), ("journaux", "Un journal local"),
        ("journal", "des journaux"), ("eau", "Mesurer l’eau"), ("l'eau", "les eaux usées"), ("citoyennes", "budget citoyen"),
        ("engagés", "une ville engagée"), ("œuvre", "des oeuvres"), ("coeur", "au cœur"), ("jardins partagés", "Un jardin où l’on partage"),
        ("le jardin de la ville", "jardin, ville"), ("552 100 554", "siret 55210055400013"), ("552 100 554 00013", "55210055400013"),
        ("552100554", "55210055400013"), ("fp-2026-4t8rwz2m", "FP-2026-4T8RWZ2M"), ("4t8r", "FP-2026-4T8RWZ2M"), ("bureau", "les bureaux"),
        ("aujourd’hui", "aujourd'hui"), ("temps", "le temps"), ("бюджет", "Бюджет"),
    ],
)  # fmt: skip
def test_french_words_are_found(searched, text):
    assert all(one.is_in(indexed([text])) for one in asked(searched))


@pytest.mark.parametrize(
    ("searched", "text"),
    [
        ("écoles", "l’écologie"),
        ("jardin", "ajardin"),
        ("art", "quart"),
        ("jardin ville", "jardin"),
        ("chat", "chevaux"),
    ],
)
def test_and_others_are_not(searched, text):
    assert not all(one.is_in(indexed([text])) for one in asked(searched))


@given(st.text(max_size=60))
def test_a_text_is_found_by_its_own_words(text):
    signs = indexed([text])
    assert all(one.is_in(signs) for one in asked(text)) and all(
        sign[0] in "ws" and " " not in sign and "'" not in sign for sign in signs
    )
    assert stem(stem("citoyennes")) == stem("citoyen") and folded("ÉŒ") == "eoe"


# The two definitions: what a database answers is what the words say, whatever the engine.

WORDS = st.lists(
    st.sampled_from(
        "école écoles écologie journal journaux eau eaux d’eau l’art arts quartier citoyen citoyenne jardin jardins partagé".split()
        + "Œuvre 552100554 à la de % _ \" ' * ( NEAR OR AND \\ : & | !".split()
        + ["é", "été", "😀", "n°", "x'"]
    ),
    max_size=5,
).map(" ".join)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(texts=st.lists(WORDS, min_size=1, max_size=6), searched=st.one_of(WORDS, st.text(max_size=12)))
def test_the_database_finds_what_the_words_say(db, texts, searched):
    with transaction.atomic():
        fresh()
        for number, text in enumerate(texts):
            row = PublishedRow.objects.create(
                kind="past",
                source_id=-number - 1,
                reference=f"t{number}",
                moment=timezone.now(),
                cents=1,
                stage="earlier",
                year=2026,
                band="0-5000",
            )
            PublishedText.objects.create(row=row, words=" ".join(indexed([text])), card={})
        words = asked(searched.replace("\x00", ""))
        expected = {
            f"t{number}"
            for number, text in enumerate(texts)
            if words and all(one.is_in(indexed([text])) for one in words)
        }
        text = Filters(text=searched.replace("\x00", "")) if searched.replace("\x00", "") else None
        if text:
            found = set(matching(text).filter(source_id__lt=0).values_list("reference", flat=True))
            assert found == expected
        transaction.set_rollback(True)


# Up to date.


def facts() -> list[tuple]:
    fresh()
    kept = list(
        PublishedCount.objects.order_by("facet", "value", "stage").values_list(
            "facet", "value", "stage", "rows", "cents"
        )
    )
    return kept + sorted(
        (row.reference, row.moment, row.cents, row.stage, row.call_id, row.year, row.department, row.recipient_kind, row.partner_id, row.band,
         row.text.words, str(row.text.card), tuple(sorted(theme.code for theme in row.themes.all())))
        for row in PublishedRow.objects.select_related("text")
    )  # fmt: skip


def test_whoever_changes_what_the_index_follows(fund):
    """Past every verb, by the tables themselves: what the index then says is what it says made anew."""
    person, paid = fund.known["person"], fund.paid
    acts = [
        lambda: Application.objects.filter(pk=paid.pk).update(title="Écrire à l’État"),
        lambda: Application.objects.filter(pk=paid.pk).update(department="75", commune="Paris", themes=["sante", "culture"]),
        lambda: Organisation.objects.filter(pk=paid.bearer_organisation_id).update(name="Les Zoïles"),
        lambda: Organisation.objects.filter(pk__in=Partnership.objects.values("organisation")).update(name="Mairie rebaptisée"),
        lambda: Partnership.objects.filter(application=paid).delete(),
        lambda: helpers.Decision.objects.filter(application=fund.secret).update(state="notified", notified_at=timezone.now()),
        lambda: Application.objects.filter(pk=fund.secret.pk).update(state="selected"),
        lambda: Agreement.objects.filter(application=fund.known["signed"]).update(state="completed", closed_at=timezone.now()),
        lambda: consent_to_be_named(application=person, actor=person.bearer_person, at=timezone.now(), name="Jeanne Zqx"),
        lambda: withdraw_name_consent(application=person, actor=person.bearer_person, at=timezone.now()),
        lambda: Application.objects.filter(pk=fund.secret.pk).update(state="under_review"),
        lambda: helpers.with_history(fund),
        lambda: PastGrant.objects.filter(pk=PastGrant.objects.first().pk).update(purpose="Un objet corrigé"),
        lambda: PastGrant.objects.last().delete(),
    ]  # fmt: skip
    moved = 0
    for act in acts:
        before, token = facts(), fresh()
        act()
        after = facts()
        moved += before != after
        assert (before != after) == (token != fresh()) and not Pending.objects.exists()
        rebuild()
        assert facts() == after
    assert moved >= len(acts) - 3, "nearly every act shows"


def test_nothing_noted_is_read_once_and_then_costs_one_query(fund, django_assert_num_queries):
    fresh()
    with django_assert_num_queries(1):
        token = fresh()
    Application.objects.filter(pk=fund.secret.pk).update(title="Autre titre secret")
    assert fresh() == token, "what is not public moves nothing"


def test_a_name_is_found_while_it_is_consented_and_no_longer(fund):
    person = fund.known["person"]
    consent_to_be_named(application=person, actor=person.bearer_person, at=timezone.now(), name="Jeanne Zqxwille")
    assert [row.reference for row in queries.published(Filters(text="zqxwille"))] == [person.reference]
    withdraw_name_consent(application=person, actor=person.bearer_person, at=timezone.now())
    assert (
        list(queries.published(Filters(text="zqxwille"))) == []
        and not PublishedText.objects.filter(words__contains="zqxwille").exists()
    )


def test_the_objects_of_the_database_are_made_again_without_harm(fund):
    before = facts()
    connection.check_constraints()  # PostgreSQL alters no table with checks still to make
    database.install()
    PublishedVersion.objects.all().delete()
    assert facts() == before


# Facets and orders.

FILTERS = st.builds(
    Filters,
    text=st.sampled_from(["", "carnet", "l’eau", "mairie", "a b"]),
    department=st.sampled_from(["", "31", "93", "99"]),
    theme=st.sampled_from(["", "inclusion", "x"]),
    kind=st.sampled_from(["", "association", "citizen"]),
    band=st.sampled_from(["", "5000-10000", "10000-20000"]),
    stage=st.sampled_from(["", "active", "earlier", "not_taken_up"]),
    year=st.sampled_from(["", "2026", "1999", "²"]),
)


def values_of(row: PublishedRow) -> dict[str, list[str]]:
    return {
        "call": [row.call.slug] if row.call else [], "year": [str(row.year)], "theme": [one.code for one in row.themes.all()],
        "department": [row.department], "kind": [row.recipient_kind], "partner": [row.partner.siret] if row.partner else [],
        "band": [row.band], "stage": [row.stage],
    }  # fmt: skip


def says(row: PublishedRow, filters: Filters) -> bool:
    """The filters by hand."""
    values, words = values_of(row), asked(filters.text)
    if filters.text and not (words and all(one.is_in(row.text.words.split()) for one in words)):
        return False
    return all(getattr(filters, name) in ("", *values[name]) for name in COLUMNS)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(filters=FILTERS, most=st.sampled_from([0, 20_000]))
def test_counts_are_those_of_the_rows_each_keeping_the_other_filters(fund, filters, most):
    """Counted here and by the database alike."""
    with mock.patch("registry.queries.facets.MOST", most):
        forget()
        _counts_are_right(fund, filters)


def _counts_are_right(fund, filters):
    if not PastGrant.objects.exists():
        helpers.with_history(fund)
        fresh()
    rows = list(PublishedRow.objects.select_related("text", "call", "partner").prefetch_related("themes"))
    found = queries.facets(filters)
    mine = [row for row in rows if says(row, filters)]
    assert {row.pk for row in mine} == set(matching(filters).values_list("pk", flat=True))
    assert found.summary.all == len(mine) == queries.count(filters)
    for name in COLUMNS:
        others = [row for row in rows if says(row, replace(filters, **{name: ""}))]
        expected = Counter(value for row in others for value in values_of(row)[name] if value)
        assert {one.value: one.count for one in found.choices[name]} == expected, name


@pytest.mark.parametrize("order", ["recent", "oldest", "amount"])
def test_keys_walk_every_row_once_both_ways(fund, order):
    helpers.with_history(fund)
    fresh()
    PublishedRow.objects.update(cents=5)  # all equal: the reference alone tells them apart
    filters = Filters(order=order)
    whole = list(ordered(filters))
    for size in (1, 2, 7):
        key, forth = None, []
        while rows := list(beyond(filters, key)[:size]):
            forth += rows
            key = key_of(rows[-1], filters)
        key, back = key_of(whole[-1], filters), [whole[-1]]
        while rows := list(beyond(filters, key, backwards=True)[:size]):
            back += rows
            key = key_of(rows[-1], filters)
        assert forth == whole == back[::-1]


@pytest.mark.parametrize("order", ["recent", "oldest", "amount"])
def test_pages_of_the_api_follow_each_other_both_ways(fund, order):
    helpers.with_history(fund)
    address, forth, last = f"/api/v1/projects/?tri={order}&page_size=3", [], ""
    while address:
        answer = Client().get(address).json()
        forth.append([row["url"] + row["reference"] for row in answer["results"]])
        address, last = answer["next"], address
    back, address = [], last
    while address:
        answer = Client().get(address).json()
        back.append([row["url"] + row["reference"] for row in answer["results"]])
        address = answer["previous"]
    assert sum(forth, []) == sum(back[::-1], []) and len(sum(forth, [])) == PublishedRow.objects.count()


@pytest.mark.parametrize(
    "cursor", ["x", "WyJhIiwxLCJ4Il0=", "WyJhIiwiMjAyNiIsIngiXQ==", "W10=", "bnVsbA==", "é", "%00", "W1siYSJdLCIiLDFd"]
)
def test_a_cursor_that_is_not_ours_is_a_404(fund, cursor):
    for order in ("recent", "amount"):
        assert Client().get("/api/v1/projects/", {"cursor": cursor, "tri": order}).status_code == 404


def test_an_unknown_filter_is_refused_with_the_known_ones(fund):
    answer = Client().get("/api/v1/projects/?department=31")
    assert answer.status_code == 400 and "departement" in answer.content.decode()
    assert Client().get("/api/v1/projects/?departement=31&page_size=2").status_code == 200


def test_amounts_have_their_band():
    assert [band_of(cents) for cents in (0, 499_999, 500_000, 2_999_999, 3_000_000, 10**9)] == [
        "0-5000", "0-5000", "5000-10000", "20000-30000", "30000-", "30000-",
    ]  # fmt: skip


def test_the_page_offers_choices_with_counts_and_keeps_the_others(fund):
    page = Client().get("/projets/?departement=93").content.decode()
    assert 'value="93" selected' in page and "Montreuil" not in page
    assert (
        PublishedTheme.objects.exists()
        and 'name="beneficiaire"' in page
        and 'name="montant"' in page
        and 'name="partenaire"' in page
    )
