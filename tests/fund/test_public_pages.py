"""The calls as everyone reads them: lists, one call, its rules, its questions, its calendar; the same bytes for all."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from PIL import Image

from fund import share_card
from fund.models import Call
from tests.factories.core import UserFactory
from tests.factories.fund import CallFactory
from tests.fund.browsing import plain, text

pytestmark = pytest.mark.django_db


def open_call(at, **facts):
    return CallFactory(state="published", opens_at=at - timedelta(days=10), **facts)


def coming_call(at, **facts):
    start = at + timedelta(days=10)
    return CallFactory(state="published", opens_at=start, published_at=at - timedelta(days=1), **facts)


def past_call(at, **facts):
    return CallFactory(state="closed", opens_at=at - timedelta(days=100), **facts)


def test_the_list_filters_and_says_when_empty(at, client):
    assert "Aucun appel n’est ouvert ni annoncé" in plain(client.get("/appels/"))
    current, coming, past = open_call(at, title="Un"), coming_call(at, title="Deux"), past_call(at, title="Trois")
    CallFactory(title="Quatre")  # a draft
    page = plain(client.get("/appels/"))
    assert all(call.title in page for call in (current, coming, past)) and "Quatre" not in page
    assert "35 jours" in page
    for kept, shown in (("ouverts", "Un"), ("a-venir", "Deux"), ("passes", "Trois")):
        page = client.get(f"/appels/?etat={kept}")
        assert [title for title in ("Un", "Deux", "Trois") if f">{title}</a>" in text(page)] == [shown]
    assert client.get("/appels/?etat=demain").status_code == 404
    assert client.get("/appels/?page=2").status_code == 404
    assert client.get("/en/appels/").status_code == 200


@pytest.mark.parametrize("count", [1, 20])
def test_the_list_asks_the_database_the_same_whatever_its_length(at, client, django_assert_num_queries, count):
    for _number in range(count):
        open_call(at), past_call(at)
    client.get("/appels/")
    with django_assert_num_queries(5):
        client.get("/appels/")


def test_a_call_says_everything_and_links_to_filing(at, client, as_user):
    call = open_call(at, contact_email="bonjour@demo.example")
    page = client.get(f"/appels/{call.slug}/")
    words = plain(page)
    for word in (
        "30 000 €",
        "Besoin 30 %",
        "Repère",
        "Avance",
        "70 %",
        "UTC+0100",
        "Candidater",
        "bonjour@demo.example",
    ):
        assert word in words, word
    assert f'href="/appels/{call.slug}/candidater/"' in text(page)
    assert as_user(UserFactory()).get(f"/appels/{call.slug}/").content == page.content
    assert client.get(f"/appels/{call.slug}/", headers={"if-none-match": page["ETag"]}).status_code == 304
    assert client.head(f"/appels/{call.slug}/").status_code == 200
    assert client.post(f"/appels/{call.slug}/").status_code == 405
    english = client.get(f"/en/appels/{call.slug}/")
    assert english.status_code == 200 and "Paris time" in plain(english)


def test_no_filing_before_opening_nor_after_closing(at, client):
    assert "les dépôts ouvriront le 4 décembre 2026 à 9 h 00" in plain(client.get(f"/appels/{coming_call(at).slug}/"))
    assert "Cet appel a fermé le" in plain(client.get(f"/appels/{past_call(at).slug}/"))
    cancelled = CallFactory(
        state="cancelled",
        published_at=at - timedelta(days=3),
        cancelled_at=at,
        cancelled_reason="Le budget a été retiré.",
        authority="co_presidents",
    )
    assert "Le budget a été retiré." in plain(client.get(f"/appels/{cancelled.slug}/"))
    for call in (coming_call(at), past_call(at), cancelled):
        assert "/candidater/" not in text(client.get(f"/appels/{call.slug}/"))


def test_nothing_of_a_draft_is_public(at, client):
    call = CallFactory()
    for page in ("", "reglement/", "eligibilite/", "calendrier.ics", "carte.png"):
        assert client.get(f"/appels/{call.slug}/{page}").status_code == 404


def test_the_rules_a_call_follows_are_public(at, client):
    call = open_call(at)
    page = plain(client.get(f"/appels/{call.slug}/reglement/"))
    assert f"Les règles de cet appel, version {call.rule_version.number}" in page
    assert "Évaluations de chaque dossier par chaque collège" in page


def test_eligibility_is_checked_in_the_address_alone(at, client):
    call = open_call(at)
    question = call.eligibility_questions.get()
    address = f"/appels/{call.slug}/eligibilite/"
    assert question.question in plain(client.get(address))
    good, bad = ("yes", "no") if question.expected else ("no", "yes")
    assert "Votre idée convient à cet appel" in plain(client.get(address, {question.code: good}))
    page = plain(client.get(address, {question.code: bad}))
    assert question.refusal in page and "Votre idée convient à cet appel" not in page.replace("convient-elle", "")
    assert 'class="errors"' in text(client.get(address, {question.code: "peut-être"}))


def test_the_calendar_is_a_file_for_a_diary(at, client):
    call = open_call(at, title="Prototypes, et après ; essais")
    page = client.get(f"/appels/{call.slug}/calendrier.ics")
    assert page["Content-Type"] == "text/calendar; charset=utf-8"
    lines = page.content.decode().split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR" and lines[-2] == "END:VCALENDAR" and lines[-1] == ""
    assert all(len(line.encode()) <= 75 for line in lines)
    whole = page.content.decode().replace("\r\n ", "")
    assert f"DTSTART:{call.closes_at:%Y%m%d}T" in whole and "Prototypes\\, et après \\; essais" in whole
    assert whole.count("BEGIN:VEVENT") == whole.count("END:VEVENT") >= 5


def test_a_call_is_shared_with_a_picture_drawn_from_what_it_says(at, client):
    call = open_call(at)
    page = client.get(f"/appels/{call.slug}/").content.decode()
    picture = re.search(r'og:image" content="([^"]+)"', page)[1]
    assert f'og:title" content="{call.title}"' in page and "summary_large_image" in page
    assert picture.endswith(f"/appels/{call.slug}/carte.png")
    answer = client.get(f"/appels/{call.slug}/carte.png")
    assert answer["Content-Type"] == "image/png" and "public" in answer["Cache-Control"]
    assert Image.open(io.BytesIO(answer.content)).size == (1200, 630)
    again = client.get(f"/appels/{call.slug}/carte.png", headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304  # the same call, the same bytes
    Call.objects.filter(pk=call.pk).update(title="Un autre titre")
    assert client.get(f"/appels/{call.slug}/carte.png").content != answer.content


@pytest.mark.parametrize("text", ["", "mot", "très long " * 60, "x" * 500, "mot " + "x" * 500])
def test_the_words_of_the_picture_stay_inside_it(text):
    font = share_card._font("display-700", 72)
    lines = share_card.lines_of(text, font, 3)
    assert len(lines) <= 3 and all(font.getlength(line) <= share_card.WIDTH for line in lines)
    assert (lines == [text]) == (len(text) < 10)
