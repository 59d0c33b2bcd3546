"""The design system: what tags print, how the form renderer ties label, hint and error, what an act card says; in a browser, axe."""

from __future__ import annotations

import re
from datetime import date, datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.template import engines
from django.test import RequestFactory
from django.utils import translation

from core.forms import EurosField, FundForm, InstantField, ReasonField
from core.style_guide import RowForm
from core.templatetags import ui
from core.ui_bars import segments_of

NARROW, WIDE = "\u202f", "\u00a0"
PARIS = ZoneInfo("Europe/Paris")


def show(source: str, path: str | None = "/", **context) -> str:
    """A template of these words, as a page of this address (None: outside any request)."""
    return engines["django"].from_string(source).render(context, RequestFactory().get(path) if path else None)


# ---- figures, dates, words ----


def test_amounts_are_written_as_people_write_them():
    assert ui.euros(2_850_050) == f"28{NARROW}500,50{WIDE}€"
    assert ui.euros_round(2_850_000) == f"28{NARROW}500{WIDE}€"
    assert ui.euros_round(2_850_050) == f"28{NARROW}500,50{WIDE}€"
    assert ui.euros(None) == ""
    with translation.override("en"):
        assert ui.euros(2_850_050) == "€28,500.50"


def test_percentages_and_counts():
    assert ui.percent(40) == f"40{WIDE}%"
    assert ui.percent(32.43) == f"32,4{WIDE}%"
    assert ui.percent("x") == ""
    assert ui.thousands(4812) == f"4{NARROW}812"
    with translation.override("en"):
        assert ui.percent(32.43) == "32.4%"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (date(2026, 6, 1), f"1er{WIDE}juin 2026"),
        (date(2026, 5, 18), f"18{WIDE}mai 2026"),  # no string of ours may take the place of a month's name
        ("2026-06-09", f"9{WIDE}juin 2026"),
        (datetime(2026, 12, 31, 23, 30, tzinfo=ZoneInfo("UTC")), f"1er{WIDE}janvier 2027"),
        (None, ""),
    ],
)
def test_a_day_is_the_day_of_paris(value, text):
    assert ui.day(value) == text


def test_an_instant_is_told_at_the_time_of_paris():
    at = datetime(2026, 6, 1, 16, 5, tzinfo=ZoneInfo("UTC"))
    assert ui.instant(at) == f"1er{WIDE}juin 2026 à{WIDE}18{WIDE}h{WIDE}05"
    with translation.override("en"):
        assert ui.instant(at) == f"1{WIDE}June 2026 at{WIDE}18:05"


def test_a_text_keeps_its_paragraphs_and_brings_no_markup():
    assert ui.plain("Un\r\ndeux\n\n<b>trois</b>") == "<p>Un<br>deux</p>\n<p>&lt;b&gt;trois&lt;/b&gt;</p>"


def test_one_or_many_follows_the_language():
    assert [ui.plural(n, "dossier", "dossiers") for n in (0, 1, 2)] == ["dossier", "dossier", "dossiers"]
    with translation.override("en"):
        assert [ui.plural(n, "file", "files") for n in (0, 1, 2)] == ["files", "file", "files"]


# ---- addresses and places ----


def test_addresses_follow_the_language_and_files_do_not():
    assert show("{% localized '/projets/' %}") == "/projets/"
    with translation.override("en"):
        assert (
            show("{% localized '/projets/' %}{% localized '/donnees/comptes.csv' %}")
            == "/en/projets//donnees/comptes.csv"
        )


def test_the_present_page_is_marked():
    assert show("{% current '/projets/' %}", "/projets/") == ' aria-current="page"'
    assert show("{% current '/projets/' %}", "/projets/FP-1/") == ' aria-current="true"'
    assert show("{% current '/projets/' True %}", "/projets/FP-1/") == ""
    assert show("{% current '/comptes/' %}", "/projets/") == ""


def test_pages_keep_the_query_and_mark_the_present_one():
    html = show("{% pages page %}", "/projets/?q=eau&page=2", page=Paginator(range(95), 10).page(2))
    assert 'href="?q=eau&amp;page=3"' in html
    assert html.count('aria-current="page"') == 1
    assert show("{% pages page %}", page=Paginator(range(3), 10).page(1)).strip() == ""


def test_the_breadcrumb_ends_on_the_page_itself():
    html = show("{% breadcrumb '/projets/' 'Registre' reference %}", reference="FP-<1>")
    assert '<a href="/projets/">Registre</a>' in html
    assert '<li aria-current="page">FP-&lt;1&gt;</li>' in html


# ---- small pieces ----


def test_a_badge_is_a_word_with_a_known_tone():
    assert ui.badge("<i>Payé</i>", "done") == '<span class="badge done">&lt;i&gt;Payé&lt;/i&gt;</span>'
    with pytest.raises(Exception, match="no tone"):
        ui.badge("Payé", "pink")


def test_the_two_colleges_have_their_sign_and_their_name():
    civil, state = ui.college_mark("civil_society"), ui.college_mark("state")
    assert "■" in civil and "civile" in civil.lower()
    assert "●" in state and "tat" in state


def test_public_pages_have_no_nonce():
    assert show("{% once %}", is_public_page=True) == ""
    assert 'name="nonce"' in show("{% once %}")


# ---- money ----


def test_segments_fill_the_bar_exactly():
    bar = segments_of({"free": 1, "reserved": 1, "committed": 1, "paid": 0})
    assert [segment.account for segment in bar.segments] == ["paid", "committed", "reserved", "free"]
    assert sum(segment.width for segment in bar.segments) == 10_000
    assert bar.segments[-1].end == "100.00%"
    assert segments_of({}).total == 0


@pytest.mark.parametrize("figures", [(8794, 1043, 163, 0), (1, 1, 1, 0), (1, 1, 1, 4), (0, 0, 0, 0)])
def test_the_shares_one_reads_sum_to_100(figures):
    bar = segments_of(dict(zip(("paid", "committed", "reserved", "free"), figures, strict=True)))
    assert round(sum(segment.share for segment in bar.segments) * 10) == (1000 if any(figures) else 0)
    assert all(segment.cents or not segment.share for segment in bar.segments)


def test_a_bar_reads_mappings_objects_and_segments_alike():
    figures = {"paid": 300, "free": 100}
    shapes = [
        figures,
        SimpleNamespace(**figures),
        [{"account": "free", "cents": 100}, {"account": "paid", "cents": 300}],
        SimpleNamespace(segments=[{"account": "paid", "cents": 300, "url": "/p/"}, {"account": "free", "cents": 100}]),
    ]
    for shape in shapes:
        assert {one.account: one.width for one in segments_of(shape).visible} == {"paid": 7500, "free": 2500}
    assert segments_of(shapes[-1]).segments[0].url == "/p/"


def test_the_table_says_what_the_bar_shows_and_links_to_the_entries():
    html = show("{% money_bar bar url='/comptes/?ref=FP-1' %}", bar={"paid": 1_234_50, "free": 100_00})
    assert f"1{NARROW}234,50{WIDE}€" in html
    assert html.count('href="/comptes/?ref=FP-1"') == 4  # paid, committed, reserved, free
    assert 'role="img"' in html and "style=" not in html
    assert "<a " not in show("{% money_bar bar %}", bar={"paid": 100})


# ---- forms ----


class LetterForm(FundForm):
    title = forms.CharField(label="Titre", max_length=10, help_text="Court")
    note = forms.CharField(label="Note", max_length=500, widget=forms.Textarea, required=False)
    kind = forms.ChoiceField(label="Qui", choices=[("a", "Association"), ("c", "Citoyen")], widget=forms.RadioSelect)
    amount = EurosField(label="Montant", required=False)
    meets_at = InstantField(label="Séance", required=False)
    file = forms.FileField(label="Pièce", required=False)
    agree = forms.BooleanField(label="D’accord", required=False)
    secret = forms.CharField(widget=forms.HiddenInput, required=False)


def rendered(data=None, **options) -> str:
    return show("{% include 'components/form.html' %}", form=LetterForm(data, **options))


def test_every_control_has_a_label_and_what_describes_it_exists():
    html = rendered({"title": ""})
    ids = set(re.findall(r' id="([^"]+)"', html))
    labelled = set(re.findall(r'<label[^>]* for="([^"]+)"', html))
    for tag in re.findall(r"<(?:input|textarea|select)[^>]*>", html):
        if 'type="hidden"' not in tag:
            assert re.search(r' id="([^"]+)"', tag)[1] in labelled, tag
    for value in re.findall(r'aria-describedby="([^"]+)"', html):
        assert set(value.split()) <= ids, value
    assert len(re.findall(r' id="', html)) == len(ids), "an id is used twice"


def test_hint_and_error_are_tied_to_the_field():
    html = rendered({"title": "", "kind": "a"})
    title = re.search(r'<input[^>]*name="title"[^>]*>', html)[0]
    assert 'aria-describedby="id_title_helptext id_title_error"' in title
    assert 'aria-invalid="true"' in title
    assert re.search(r'id="id_title_error">.*?Ce champ est obligatoire', html, re.S)


def test_the_summary_links_to_each_field_and_takes_the_focus():
    html = rendered({"title": "beaucoup trop long"})
    summary = re.search(r'<div class="errors".*?</div>', html, re.S)[0]
    assert 'role="alert"' in summary and "autofocus" in summary
    assert re.findall(r'href="#([^"]+)"', summary) == ["id_title", "id_kind_0"]
    assert 'class="errors"' not in rendered()


@pytest.mark.parametrize(
    ("day", "hour", "first", "invalid"), [("", "10:00", 0, [0]), ("2026-12-03", "", 1, [1]), ("x", "y", 0, [0, 1])]
)
def test_an_error_on_a_day_and_an_hour_leads_to_what_misses(day, hour, first, invalid):
    html = rendered({"title": "court", "kind": "a", "meets_at_0": day, "meets_at_1": hour})
    assert f'href="#id_meets_at_{first}"' in html
    parts = [re.search(rf'<input[^>]*id="id_meets_at_{n}"[^>]*>', html)[0] for n in (0, 1)]
    assert [n for n, part in enumerate(parts) if 'aria-invalid="true"' in part] == invalid
    assert all('aria-describedby="id_meets_at_error"' in part for part in parts)


def test_a_rule_that_speaks_of_the_whole_form_is_in_the_summary():
    form = LetterForm({"title": "court", "kind": "a"})
    form.add_error(None, "L’enveloppe ne suffit pas.")
    assert "L’enveloppe ne suffit pas." in show("{% include 'components/form.html' %}", form=form)


def test_required_is_said_in_words_and_optional_only_on_demand():
    form = LetterForm()
    assert [field.name for field in form if ui.mark(field) == "required"] == ["title", "kind"]
    form.fields["note"].optional = True
    form.fields["amount"].mark = "required"
    assert ui.mark(form["note"]) == "optional"
    assert ui.mark(form["amount"]) == "required"


def test_a_limit_is_said_in_plain_words():
    class Limits(FundForm):
        text = forms.CharField(max_length=1000)
        own = forms.CharField(max_length=2, error_messages={"max_length": "Deux lettres."})
        year = forms.IntegerField(min_value=2000, max_value=2100)
        count = forms.IntegerField(min_value=1)

    form = Limits({"text": "x" * 1001, "own": "abc", "year": "1999", "count": "0"})
    assert {name: str(errors[0]) for name, errors in form.errors.items()} == {
        "text": "Votre texte fait 1\u202f001 caractères : 1\u202f000 au plus.",
        "own": "Deux lettres.",
        "year": "Écrivez un nombre de 2000 à 2100.",
        "count": "Écrivez un nombre d’au moins 1.",
    }


def test_the_reason_of_an_act_says_that_it_is_required():
    class Act(FundForm):
        reason = ReasonField()

    assert "Motif" in (html := show("{% include 'components/form.html' %}", form=Act())) and "(obligatoire)" in html


def test_a_text_is_never_cut_by_the_browser():
    html = rendered()
    area = re.search(r"<textarea[^>]*>", html)[0]
    assert "maxlength" not in area and 'data-limit="500"' in area
    assert "maxlength" not in html
    assert 'aria-describedby="id_note_count"' in area and 'id="id_note_count"' in html


def test_groups_are_fieldsets_and_amounts_show_their_unit():
    html = rendered()
    assert re.search(r"<fieldset[^>]*id=\"id_kind_group\"[^>]*><legend>Qui", html)
    assert re.search(r'class="affix"><input[^>]*name="amount"[^>]*><span>€</span>', html)
    assert "style=" not in html and "<script" not in html


def test_django_s_own_renderings_are_ours():
    assert 'class="field' in str(LetterForm()) and 'class="field' in LetterForm()["title"].as_field_group()
    assert 'class="input"' in str(LetterForm()["title"])


def test_rows_can_be_added_without_a_script():
    formset = forms.formset_factory(RowForm, extra=1)(prefix="lines")
    html = show("{% include 'components/formset.html' %}", formset=formset)
    assert 'name="lines-TOTAL_FORMS"' in html and "<template>" in html and "lines-__prefix__-label" in html
    assert re.search(r'<button[^>]*name="add_row" value="lines" formnovalidate', html)


def test_errors_of_rows_say_their_row():
    typed = {"r-TOTAL_FORMS": "2", "r-INITIAL_FORMS": "2", "r-0-label": "a", "r-0-amount": "1", "r-1-label": "b"}
    formset = forms.formset_factory(RowForm)(typed, prefix="r")
    assert not formset.is_valid()
    assert [(target, label) for target, label, _error in ui.error_links(formset)] == [
        ("id_r-1-amount", "Ligne 2, Montant")
    ]


# ---- acts ----


def card(**changes) -> str:
    verb = SimpleNamespace(machine="instalment", two_key=changes.pop("two_keys", None))
    offer = {
        "name": "certify",
        "label": "certifier",
        "allowed": True,
        "danger": False,
        "reason": "",
        "remedy": "",
        "verb": verb,
    } | changes
    return show(
        "{% include 'components/card_act.html' %}", card={"offer": offer, "form": changes.get("form", FundForm())}
    )


def test_an_allowed_act_is_a_form_that_names_it():
    html = card()
    assert (
        '<input type="hidden" name="act" value="certify">' in html
        and 'name="nonce"' in html
        and 'name="csrfmiddlewaretoken"' in html
    )
    assert "Certifier</button>" in html


def test_a_refused_act_stays_visible_with_its_reason_and_its_remedy():
    html = card(allowed=False, reason="Vous avez certifié.", remedy="Une autre personne doit ordonner.")
    assert "<form" not in html
    assert re.search(r'aria-disabled="true" aria-describedby="(why-instalment-certify)"', html)
    assert re.search(r'class="why" id="why-instalment-certify">Vous avez certifié. <strong>Une autre personne', html)


def test_a_weighty_act_asks_before_and_two_keys_are_said():
    assert re.search(r"<details><summary[^>]*danger", card(danger=True))
    assert "<details" not in card()
    assert "14" in card(two_keys=True) or "quatorze" in card(two_keys=True)


def test_a_refused_form_opens_its_card():
    form = LetterForm({"title": ""}, prefix="certify")
    html = show(
        "{% include 'components/card_act.html' %}",
        card={
            "offer": {
                "name": "certify",
                "label": "certifier",
                "allowed": True,
                "danger": False,
                "reason": "",
                "remedy": "",
                "verb": SimpleNamespace(machine="instalment", two_key=None),
            },
            "form": form,
        },
    )
    assert "<details open>" in html and 'enctype="multipart/form-data"' in html and 'id="id_certify-title"' in html


# ---- letters ----


def test_a_letter_carries_its_fonts_and_no_inline_drawing():
    source = "{% extends 'documents/layout.html' %}{% block title %}T{% endblock %}{% block content %}<h1>T</h1>{% endblock %}"
    document = SimpleNamespace(code="DOC-2026-1", state="frozen")
    html = show(
        source, None, qr="data:,", document=document, verify_url="https://f.example/verifier/DOC-2026-1", hash16="ab"
    )
    assert html.count("data:font/woff2;base64,") == 4
    assert "<svg" not in html.partition("</style>")[2]
    assert 'alt=""' not in html and "DOC-2026-1" in html


# ---- in a browser ----


def violations(page) -> list:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"rules": {"target-size": {"enabled": True}}}).response["violations"]
    return [(one["id"], [node["target"] for node in one["nodes"]]) for one in found]


PAGES = (
    "/style/",
    "/en/style/",
    "/connexion/",
    "/inscription/",
    "/mot-de-passe/",
    "/nulle-part/",
    "/mentions-legales/",
    "/confidentialite/",
)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing(width, scheme, browser, live_server):
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if "Content Security Policy" in message.text else None)
    for path in PAGES:
        page.goto(live_server.url + path)
        for summary in page.query_selector_all("details:not([open]) > summary"):
            summary.click()
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} scrolls sideways"
    assert said == []


@pytest.mark.slow
def test_the_script_adds_what_it_promises(browser, live_server):
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
    page.goto(f"{live_server.url}/style/")
    page.fill("#id_ok-summary", "x" * 401)
    assert "over" in page.get_attribute("#id_ok-summary_count", "class")
    rows = page.locator("[data-row]").count()
    page.click('[name="add_row"]')
    assert page.locator("[data-row]").count() == rows + 1
    assert page.input_value('[name="rows-TOTAL_FORMS"]') == str(rows + 1)
    assert page.evaluate("document.activeElement.name") == f"rows-{rows}-label"
    page.click("[data-confirm]")
    assert page.locator("dialog[open]").count() == 1
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.click("[data-theme-slot] button")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.focus("[data-score-keys] input")
    page.keyboard.press("4")
    assert page.get_attribute('[name="x1"]:checked', "data-key") == "4"
    assert page.input_value('[name="x1"]:checked') == "8", "half points, as the grid of a review posts them"
    page.keyboard.press("n")
    assert page.input_value('[name="x1"]:checked') == "n"


@pytest.mark.parametrize("path", ["/style/", "/mentions-legales/", "/confidentialite/", "/en/confidentialite/"])
def test_open_pages_are_the_same_for_everybody_and_answer_304(path, client, as_user, db):
    from tests.factories.core import UserFactory

    first = client.get(path)
    assert first.status_code == 200 and not first.cookies and "Vary" not in first.headers
    assert as_user(UserFactory()).get(path).content == first.content
    assert client.get(path, headers={"If-None-Match": first["ETag"]}).status_code == 304
    assert client.head(path)["ETag"] == first["ETag"]
    assert client.post(path).status_code == 405


def test_a_name_too_long_for_an_account_is_refused_and_kept():
    from core.accounts import SignupForm

    form = SignupForm({"name": "n" * 400})
    html = show("{% include 'components/form.html' %}", form=form)
    assert not form.is_valid() and "150" in html and "n" * 400 in html and "maxlength" not in html


def test_templates_name_only_tones_that_exist():
    """A tone is refused when the badge is drawn, which may be on a page that nobody opens for months."""
    wrong = [
        (path.name, tone)
        for path in (settings.BASE_DIR / "templates").rglob("*.html")
        for tone in re.findall(r'\{%\s*badge\s[^%]*\s"([^"]*)"\s*%\}', path.read_text())
        if tone not in ui._TONES
    ]
    assert not wrong, wrong
