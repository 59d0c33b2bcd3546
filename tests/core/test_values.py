"""Money, references, days and instants as people type them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from core import links, references
from core.browser import as_ids, as_int
from core.forms import DayField, EurosField, InstantField
from core.money import decimal_text, format_euros, in_words, split

PARIS = ZoneInfo("Europe/Paris")


@given(st.integers(0, 10**11), st.lists(st.integers(0, 1000), min_size=1, max_size=12).filter(any))
def test_shares_always_sum_and_never_leave_their_part_by_a_cent(total, weights):
    shares = split(total, weights)
    assert sum(shares) == total and all(share >= 0 for share in shares)
    for share, weight in zip(shares[:-1], weights[:-1], strict=True):
        assert 0 <= total * weight / sum(weights) - share < 1 + 1e-3


@pytest.mark.parametrize(("total", "weights"), [(-1, [1]), (1, []), (1, [0, 0]), (1, [2, -1])])
def test_a_split_of_nonsense_is_an_error(total, weights):
    with pytest.raises(ValueError):
        split(total, weights)


@given(st.integers(0, 10**12))
def test_an_amount_that_is_shown_is_read_back(cents):
    field = EurosField()
    assert field.clean(format_euros(cents, "fr")) == cents
    assert field.clean(format_euros(cents, "en")) == cents
    assert field.clean(field.prepare_value(cents)) == cents
    assert round(float(decimal_text(cents)) * 100) == cents or cents > 2**50


@pytest.mark.parametrize(
    ("typed", "cents"),
    [
        ("28 500,50", 2850050),
        ("28\u202f500,5 €", 2850050),
        ("28500.50", 2850050),
        ("1,234.50", 123450),
        ("12,", 1200),
        ("0", 0),
        (" 7 ", 700),
        ("", None),
    ],
)
def test_euros_as_people_write_them(typed, cents):
    assert EurosField(required=False).clean(typed) == cents


@pytest.mark.parametrize(
    "typed", ["douze", "1,234", "1.2.3", "-5", "1e5", "NaN", "Infinity", "9" * 20, "10,001", "\u0664\u0665 x"]
)
def test_what_is_no_amount_is_refused(typed):
    with pytest.raises(forms.ValidationError):
        EurosField().clean(typed)


@pytest.mark.parametrize(
    ("cents", "words"),
    [
        (2850050, "vingt-huit mille cinq cents euros et cinquante centimes"),
        (100, "un euro"),
        (200, "deux euros"),
        (100_000_000, "un million d’euros"),
    ],
)
def test_amounts_in_words(cents, words):
    assert in_words(cents) == words


def test_days_and_instants_are_of_paris():
    assert DayField().clean("24/11/2026") == DayField().clean("2026-11-24")
    summer = InstantField().clean(["2026-07-01", "18:00"])
    assert summer == datetime(2026, 7, 1, 18, 0, tzinfo=PARIS) and summer.utcoffset() == timedelta(hours=2)
    assert InstantField(required=False).clean(["", ""]) is None
    for day in ("0001-01-01", "1899-12-31", "2200-01-01", "31/12/9999"):  # no time zone can move them
        for field, value in ((DayField(), day), (InstantField(), [day, "10:00"])):
            with pytest.raises(forms.ValidationError):
                field.clean(value)


@pytest.mark.parametrize(
    "parts",
    [["2026-10-25", "02:30"], ["2026-03-29", "02:30"], ["2026-10-25", ""], ["2026-13-01", "10:00"], ["", "10:00"]],
)
def test_an_instant_that_is_none_or_two_is_refused(parts):
    with pytest.raises(forms.ValidationError):
        InstantField().clean(parts)


@given(st.integers(0, 10**6))
def test_references_carry_a_check_sign(_):
    reference = references.new("FP", 2026)
    assert references.is_valid(reference) and references.normalise(reference.lower()) == reference


@given(st.integers(0, 7), st.sampled_from(references.ALPHABET))
def test_one_wrong_sign_is_always_caught(place, sign):
    signs = references.signs()
    wrong = signs[:place] + sign + signs[place + 1 :]
    assert references.is_valid(f"FP-2026-{wrong}") == (wrong == signs)


def test_references_read_aloud():
    good = references.new("FP", 2026)
    head, _, tail = good.rpartition("-")
    assert references.normalise(f" {head}-{tail.replace('0', 'O').replace('1', 'I')} ".lower()) == good
    assert not references.is_valid("FP-2026-AAAA") and not references.is_valid("FP-2026-ÉAAAAAAA")


def test_links(settings):
    settings.PUBLIC_BASE_URL = "https://fonds.example"
    assert links.absolute("/projets/") == "https://fonds.example/projets/"
    assert links.localized("/projets/", "en") == "/en/projets/" and links.localized("/en/projets/", "fr") == "/projets/"
    assert links.localized("/en/projets/", "en") == "/en/projets/" and links.localized("/", "en") == "/en/"
    assert (
        links.localized("/donnees/projets.csv", "en") == "/donnees/projets.csv"
        and links.localized("/api/v1/", "en") == "/api/v1/"
    )
    with translation.override("en"):
        assert links.localized("/projets/?q=1") == "/en/projets/?q=1"


def test_signed_values():
    token = links.signed("partner", {"pk": 3})
    assert links.read("partner", token) == {"pk": 3} and links.read("team", token) is None
    assert (
        links.read("partner", token[:-1] + ("A" if token[-1] != "A" else "B")) is None
        and links.read("partner", "") is None
    )
    assert links.read("partner", token, max_age=-1) is None


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "\\\\evil",
        "javascript:alert(1)",
        "evil",
        "http:///evil",
        "/\x00//evil",
        "",
    ],
)
def test_next_never_leaves_the_house(rf, wanted):
    assert links.safe_next(rf.get("/connexion/", {"next": wanted}), "/mon-espace/") in ("/mon-espace/",)


@pytest.mark.parametrize("text", ["", None, "²", "٣", "-1", "1.5", "9" * 400, "12345678901", " 1", "1\x00"])
def test_what_is_no_row_number_names_nothing(text):
    assert as_int(text) is None
    assert as_ids([text, "7"]) == {7}
