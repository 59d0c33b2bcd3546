"""A statement that does not hold together says so on its page and in the list. It is never refused for it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from payments import camt
from payments.queries.statements import doubts
from tests.factories import payments as make
from tests.fund.browsing import plain

pytestmark = pytest.mark.django_db
HEAD = "Ce fichier ne tient pas : à vérifier auprès de la banque."


@pytest.fixture
def people():
    make.FundIdentityFactory()
    return make.People()


def gift(amount: int, **options):
    return make.Movement("", amount, credit=True, text=f"Don {amount}", **options)


def imported(people, at, *movements, **options):
    return make.import_bytes(people, make.camt053(list(movements), on=timezone.localdate(at), **options), at=at)


def said(one) -> list[str]:
    return doubts([one]).get(one.pk, [])


def test_a_statement_that_holds_together_says_nothing(people, at, as_user):
    one = imported(people, at, gift(1_200_00), gift(900, booked=False), opening=-50_000)
    assert said(one) == []
    page = plain(as_user(people.payer).get(f"/paiements/releves/{one.reference}/"))
    assert HEAD not in page and "À vérifier auprès" not in plain(as_user(people.payer).get("/paiements/releves/"))


def test_a_closing_balance_that_is_not_the_sum(people, at, as_user):
    one = imported(people, at, gift(100_00), opening=1_000_00, closing=1_000_00)
    (words,) = said(one)
    assert "1 100,00" in plain_words(words) and "1 000,00" in plain_words(words)
    payer = as_user(people.payer)
    page = plain(payer.get(f"/paiements/releves/{one.reference}/"))
    assert HEAD in page and plain_words(words) in page
    assert "À vérifier auprès de la banque" in plain(payer.get("/paiements/releves/"))
    assert one.lines.get().state == "to_check"  # it was imported all the same


def plain_words(words: str) -> str:
    return words.replace("\u202f", " ").replace("\xa0", " ")


def test_an_opening_balance_that_is_not_the_last_closing(people, at):
    first = imported(people, at - timedelta(days=4), gift(100_00), opening=1_000_00)
    third = imported(people, at, gift(7_00), opening=1_150_00)
    (words,) = said(third)
    assert first.reference in words and said(first) == []
    second = imported(people, at - timedelta(days=2), gift(50_00), opening=1_100_00)  # the one that was missing
    assert said(second) == said(third) == []
    again = imported(people, at, gift(7_00), gift(8_00), opening=1_150_00)  # issued again by the bank
    assert said(again) == said(third) == []


def test_dates_to_come(people, at, as_user):
    day = timezone.localdate(at)
    one = imported(
        people,
        at,
        gift(100_00, on=day + timedelta(days=9)),
        gift(5, on=day),
        gift(6, booked=False, on=day + timedelta(days=2)),
    )
    (words,) = said(one)
    assert words.startswith("1 ligne") and "3 décembre 2026" in plain_words(words)
    assert plain_words(words) in plain(as_user(people.payer).get("/paiements/releves/"))


def test_strange_or_missing_balances_check_nothing(people, at):
    content = make.camt053([gift(100_00)], on=timezone.localdate(at))
    for old, new in ((b"CLBD", b"XXXX"), (b'Ccy="EUR">100000.00', b'Ccy="USD">100000.00')):
        assert old in content
        assert camt.parse(content.replace(old, new)).balances == ()
    only_close = camt.parse(content.replace(b"OPBD", b"OPAV"))
    assert only_close.balances[0].opening is None and said(make.import_bytes(people, content, at=at)) == []


@pytest.mark.parametrize("n", [1, 20])
def test_the_list_costs_the_same_with_doubts(people, at, as_user, django_assert_num_queries, n):
    for number in range(n):
        imported(people, at - timedelta(days=number), gift(100_00 + number), opening=1_000_00, closing=7)
    payer = as_user(people.payer)
    payer.get("/paiements/releves/")
    with django_assert_num_queries(11):
        assert plain(payer.get("/paiements/releves/")).count("À vérifier auprès de la banque") == n
