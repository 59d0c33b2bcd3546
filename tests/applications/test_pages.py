"""The pages of the file, by everybody who may open them and everybody who may not: nothing typed is lost, nothing leaks, nothing acts twice."""

import io
import re
import zipfile
from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from applications import queries
from applications.models import Application, ApplicationVersion, Attachment
from applications.rules.gaps import missing
from applications.transitions import partnerships
from core.models import Event
from fund.enums import Role
from tests.factories.applications import (
    PDF,
    ApplicationFactory,
    PartnershipFactory,
    TeamMemberFactory,
    eligible,
    filed,
    ready_draft,
)
from tests.factories.core import UserFactory
from tests.factories.fund import CallFactory, open_call, person_with

pytestmark = [pytest.mark.django_db, pytest.mark.screens]
SECTIONS = ("applicant", "project", "partnership", "budget", "openness", "documents", "statements")
SECRET = "Une phrase que seule l’équipe connaît"


def ok(response, status=200):
    assert response.status_code == status, (response.status_code, getattr(response, "url", ""), response.content[:400])
    return response.content.decode()


@pytest.fixture
def draft(at):
    """A complete draft with a sentence that nobody else may read."""
    row = ready_draft(at)
    section = row.sections.get(code="project")
    section.content["need"] = SECRET
    section.save()
    return row


def pages(reference: str) -> list[str]:
    base = f"/dossiers/{reference}/"
    return [
        *(f"{base}ecrire/{code}/" for code in SECTIONS),
        *(f"{base}{name}/" for name in ("equipe", "partenaires", "pieces", "verifier", "lire", "retirer")),
    ]


# ---- who opens what ----


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_team_opens_every_page_of_its_draft(at, draft, as_user, language):
    member = TeamMemberFactory(application=draft, created_at=at).user
    for person in (draft.lead, member):
        type(person).objects.filter(pk=person.pk).update(language=language)
        person.refresh_from_db()
        browser = as_user(person)
        for path in pages(draft.reference):
            page = ok(browser.get(path))
            assert f'<html lang="{language}"' in page and "<h1" in page, path
            assert "{{" not in page and "{%" not in page, path


def test_others_meet_an_address_that_does_not_exist(at, draft, as_user, client):
    """A stranger, an officer while nothing is filed, and the same for a reference nobody has."""
    browsers = [as_user(UserFactory()), as_user(person_with(Role.CASE_OFFICER)), as_user(person_with(Role.AUDITOR))]
    for path in pages(draft.reference):
        nowhere = path.replace(draft.reference, "FP-2026-00000000")
        for browser in browsers:
            there, missing = browser.get(path), browser.get(nowhere)
            assert (there.status_code, missing.status_code) == (404, 404), path
            for text in (SECRET, draft.title, draft.lead.email):
                assert text not in there.content.decode(), path
        response = client.get(path)
        assert response.status_code == 302 and response.url.startswith("/connexion/"), path


def test_staff_read_what_was_filed_and_write_nothing(at, as_user):
    row = filed(at)
    for role in (Role.CASE_OFFICER, Role.AUDITOR):
        browser = as_user(person_with(role))
        assert row.title in ok(browser.get(f"/instruction/dossiers/{row.reference}/"))
        ok(browser.get("/instruction/dossiers/"))
        for path in (f"/dossiers/{row.reference}/ecrire/project/", f"/dossiers/{row.reference}/retirer/"):
            assert browser.post(path, {"title": "x"}).status_code == 404
    stranger = as_user(UserFactory())
    for path in ("/instruction/dossiers/", f"/instruction/dossiers/{row.reference}/", "/instruction/dossiers/codes/"):
        response = stranger.get(path)
        assert response.status_code == 403 and row.title not in response.content.decode()


def test_the_auditor_sees_no_act(at, as_user):
    row = filed(at)
    browser = as_user(person_with(Role.AUDITOR))
    page = ok(browser.get(f"/instruction/dossiers/{row.reference}/"))
    assert 'name="act"' not in page
    before = Event.objects.count()
    browser.post(f"/instruction/dossiers/{row.reference}/", {"act": "declare_eligible"})
    assert Event.objects.count() == before and Application.objects.get().state == "submitted"


# ---- writing ----


def post(section: str, browser, row, **typed):
    return browser.post(f"/dossiers/{row.reference}/ecrire/{section}/", typed)


@pytest.mark.parametrize("amount", ["douze mille", "1;2", "-5", "99999999999999"])
def test_an_amount_that_cannot_be_read_is_shown_again_and_the_rest_is_kept(at, draft, as_user, amount):
    browser = as_user(draft.lead)
    page = ok(post("budget", browser, draft, version="1", requested_amount=amount, minimum_viable_amount="9000"), 422)
    assert 'id="id_requested_amount_error"' in page and amount in page
    assert queries.section_now(draft, "budget")["minimum_viable_amount"] == 900_000


def test_two_tabs_on_one_section_show_both_texts(at, draft, as_user):
    """The second to save is told, sees both texts, and what it typed stays in its form."""
    one, two = as_user(draft.lead), as_user(draft.lead)
    version = draft.sections.get(code="project").version
    typed = {"version": version, "title": draft.title, "need": "Texte du premier onglet."}
    assert post("project", one, draft, **typed).status_code in (302, 422)
    page = ok(post("project", two, draft, **(typed | {"need": "Texte du second onglet."})), 409)
    assert "Texte du premier onglet." in page and "Texte du second onglet." in page
    assert queries.section_now(draft, "project")["need"] == "Texte du premier onglet."


def test_saving_needs_no_script_and_the_script_saves_the_same(at, draft, as_user):
    browser = as_user(draft.lead)
    version = draft.sections.get(code="partnership").version
    typed = {"version": version, "expectation": "Deux heures.", "commitment": ""}
    assert post("partnership", browser, draft, **typed).status_code == 302
    assert queries.section_now(draft, "partnership")["expectation"] == "Deux heures."
    auto = f"/dossiers/{draft.reference}/ecrire/partnership/auto/"
    response = browser.post(auto, typed | {"version": version + 1, "expectation": "Trois heures."})
    assert response.status_code == 200 and response.json()["version"] == version + 2
    stale = browser.post(auto, typed | {"version": version, "expectation": "Perdu ?"})
    assert stale.status_code == 409 and stale.json()["theirs"]["expectation"] == "Trois heures."
    assert as_user(UserFactory()).post(auto, typed).status_code == 404


@pytest.mark.parametrize("section", SECTIONS)
def test_nothing_posted_breaks_a_section(at, draft, as_user, section):
    """Empty, long, strange, incomplete table headers: an answer in words, never a failure."""
    browser = as_user(draft.lead)
    for typed in (
        {},
        {"version": "x", "title": "\x00" * 5, "need": "é" * 40_000},
        {"expenses-TOTAL_FORMS": "abc", "expenses-0-amount": "1"},
        {"expenses-TOTAL_FORMS": "99999", "expenses-INITIAL_FORMS": "0", "expenses-0-label": "<script>"},
        {"insee_code": "99999", "commune": "Nulle part", "duration_months": "1e9", "themes": "zzz"},
    ):
        assert post(section, browser, draft, **typed).status_code in (302, 409, 422), (section, typed)


@pytest.mark.parametrize("typed", ["Saint-Denis", "58000"])
def test_communes_that_fit_are_offered_as_choices(at, draft, as_user, typed):
    """A name several share, a postcode alone: the list, without JavaScript; then the one chosen is kept."""
    browser = as_user(draft.lead)
    page = ok(post("project", browser, draft, commune=typed, insee_code=""), 422)
    code = re.search(r'type="radio" name="insee_code" value="(\w+)"', page)[1]
    assert post("project", browser, draft, commune=typed, insee_code=code).status_code == 302
    assert queries.section_now(draft, "project")["insee_code"] == code


def test_an_amount_that_cannot_be_read_is_not_called_saved(at, draft, as_user):
    rows = {"expenses-TOTAL_FORMS": "3", "expenses-INITIAL_FORMS": "0"}
    rows |= {"expenses-0-amount": "12.000,50", "expenses-1-amount": "-50", "expenses-2-amount": "beaucoup"}
    page = ok(post("budget", as_user(draft.lead), draft, **rows), 422)
    assert 'value="-50"' in page and 'value="beaucoup"' in page and "is-ok" not in page
    assert [row["amount"] for row in queries.section_now(draft, "budget")["expenses"]][0] == 12_000_50


# ---- filing ----


def test_to_read_the_grant_is_a_resource_by_its_name(at, as_user):
    row = ready_draft(at)
    page = ok(as_user(row.lead).get(f"/dossiers/{row.reference}/lire/"))
    assert "<caption>Ressources</caption>" in page and "Cette aide, demandée au fonds" in page


def test_alone_one_is_not_told_to_remind_others(at, as_user):
    """And nothing is called complete beside a refusal."""
    row = ready_draft(at)
    row.sign_offs.all().delete()
    browser = as_user(row.lead)
    page = ok(browser.get(f"/dossiers/{row.reference}/verifier/"))
    assert "Il manque votre accord." in page and "Relancez-les" not in page and "Il ne manque rien." not in page
    page = ok(browser.get(f"/dossiers/{row.reference}/equipe/"))
    assert "Demander leur accord" not in page


def test_filing_on_screen_happens_once(at, as_user):
    row = ready_draft(at)
    browser = as_user(row.lead)
    here = f"/dossiers/{row.reference}/verifier/"
    page = ok(browser.get(here))
    nonce = re.search(r'name="nonce" value="([^"]+)"', page)[1]
    form = {"act": "submit", "nonce": nonce}
    for _turn in range(2):
        response = browser.post(here, form)
        assert response.status_code == 302, response.content[:300]
    assert ApplicationVersion.objects.filter(application=row).count() == 1
    assert Application.objects.get(pk=row.pk).state == "submitted"


def test_the_closing_minute(at, as_user):
    """A form sent in the last second files; the same form one second later says since when it is closed, and keeps the draft."""
    call = CallFactory(state="published", opens_at=at - timedelta(days=30), closes_at=at + timedelta(hours=1))
    first, second = ready_draft(at, call=call), ready_draft(at, call=call)
    with time_machine.travel(call.closes_at - timedelta(seconds=1), tick=False):
        assert as_user(first.lead).post(f"/dossiers/{first.reference}/verifier/", {"act": "submit"}).status_code == 302
    with time_machine.travel(call.closes_at, tick=False):
        page = ok(as_user(second.lead).post(f"/dossiers/{second.reference}/verifier/", {"act": "submit"}), 409)
        assert "23" in page or "10" in page
    states = [Application.objects.get(pk=row.pk).state for row in (first, second)]
    assert states == ["submitted", "draft"]


def test_an_incomplete_file_is_refused_with_what_is_missing(at, as_user):
    row = ApplicationFactory(content={}, created_at=at)
    browser = as_user(row.lead)
    ok(browser.get(f"/dossiers/{row.reference}/verifier/"))
    page = ok(browser.post(f"/dossiers/{row.reference}/verifier/", {"act": "submit"}), 422)
    assert 'class="why"' in page or "error" in page
    assert Application.objects.get().state == "draft"


# ---- documents ----


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", b"0" * 60_000_000)
    return out.getvalue()


def put(browser, row, name: str, content: bytes):
    uploaded = SimpleUploadedFile(name, content, content_type="application/pdf")
    return browser.post(f"/dossiers/{row.reference}/pieces/", {"kind": "other", "file": uploaded})


@pytest.mark.parametrize(
    "name, content",
    [
        ("devis.exe", b"MZ\x90"),
        ("devis.pdf", b"<html><script>alert(1)</script></html>"),
        ("devis.pdf", b""),
        ("photo.jpg", PDF),
        ("photo.png", b"\x89PNG\r\n\x1a\n" + b"<script>"),
        ("dessin.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>"),
        ("page.html", b"<html></html>"),
        ("budget.xlsx", b"PK\x03\x04 not a zip"),
    ],
)
def test_a_document_that_is_not_what_it_says_is_refused(at, draft, as_user, name, content):
    page = ok(put(as_user(draft.lead), draft, name, content), 422)
    assert 'id="id_file_error"' in page and not Attachment.objects.exists()


def test_a_zip_bomb_and_a_file_too_large_are_refused(at, draft, as_user):
    browser = as_user(draft.lead)
    assert 'id="id_file_error"' in ok(put(browser, draft, "budget.xlsx", bomb()), 422)
    big = PDF + b"%" * (11 * 1024 * 1024)
    assert 'id="id_file_error"' in ok(put(browser, draft, "gros.pdf", big), 413)
    assert not Attachment.objects.exists()


def test_a_name_with_a_path_is_only_a_name(at, draft, as_user):
    browser = as_user(draft.lead)
    response = put(browser, draft, "..\\..\\etc/passwd\u202e.pdf", PDF)
    assert response.status_code == 302, response.content[:300]
    piece = Attachment.objects.get()
    assert "/" not in piece.name and "\\" not in piece.name and "\u202e" not in piece.name
    assert ".." not in piece.file.name
    path = f"/dossiers/{draft.reference}/pieces/{piece.pk}/"
    given = browser.get(path)
    assert given.status_code == 200 and "sandbox" in given["Content-Security-Policy"]
    assert given["X-Content-Type-Options"] == "nosniff"
    assert as_user(UserFactory()).get(path).status_code == 404


# ---- the partner's link ----


@pytest.fixture
def link(at, draft):
    """A live invitation and its address."""
    other = partnerships.invite(
        application=draft,
        actor=draft.lead,
        at=at,
        organisation_name="Mairie de Nevers",
        agent_name="Delphine Wattrelos",
        agent_email="delphine@mairie.example",
        message="",
    )
    return f"/partenariat/{other.link_token}/"


ANSWER = {
    "act": "confirm",
    "agent_name": "Delphine Wattrelos",
    "agent_role": "responsable de l’accueil",
    "agent_phone": "",
    "organisation_name": "Mairie de Nevers",
    "service": "Accueil",
    "siret": "",
    "commitment": "Deux agents.",
    "time_planned": "",
    "authority": "",
    "entitled": "on",
}


def test_opening_a_partners_link_uses_nothing_up(at, draft, link, client):
    events = Event.objects.count()
    for _turn in range(2):
        page = ok(client.get(link))
        assert draft.title in page and SECRET not in page
    assert client.head(link).status_code == 200
    assert Event.objects.count() == events


def test_a_wrong_answer_of_the_partner_keeps_what_was_typed(at, link, client):
    page = ok(client.post(link, {"act": "confirm"}), 422)
    for name in ("siret", "service", "agent_name", "agent_role", "commitment"):
        assert f'id="id_{name}_error"' in page, name
    assert 'id="id_authority_error"' not in page
    page = ok(client.post(link, ANSWER | {"siret": "12345678901234"}), 422)
    assert 'id="id_siret_error"' in page and "Deux agents." in page and "12345678901234" in page


@pytest.mark.parametrize("spoil", [lambda url: url[:-2] + "x/", lambda url: url.upper(), lambda url: "/partenariat/a/"])
def test_a_tampered_link_is_nothing(at, link, client, spoil):
    spoilt = spoil(link) if not spoil(link).startswith("/PARTENARIAT") else "/partenariat/" + link[13:].upper()
    if spoilt == link:
        pytest.skip("the same link")
    assert client.get(spoilt).status_code == 404 and client.post(spoilt, ANSWER).status_code == 404


def test_a_partners_link_expires_and_dies_once_used(at, draft, link, client):
    row = draft.partnerships.get(agent_email="delphine@mairie.example")
    with time_machine.travel(row.deadline_at, tick=False):
        assert client.get(link).status_code == 410 and client.post(link, ANSWER).status_code == 410
    assert client.post(link, {"act": "decline", "no-reason": ""}).status_code == 302
    assert client.get(link).status_code == 410 and client.post(link, ANSWER).status_code == 410
    row.refresh_from_db()
    assert row.state == "declined"


def test_a_cancelled_link_says_so(at, draft, link, client, as_user):
    row = draft.partnerships.get(agent_email="delphine@mairie.example")
    as_user(draft.lead).post(f"/dossiers/{draft.reference}/partenaires/", {"act": "cancel", "partnership": row.pk})
    assert client.get(link).status_code == 410


@pytest.mark.parametrize(
    "field, value", [("agent_email", "pas une adresse"), ("agent_email", ""), ("organisation_name", "")]
)
def test_an_invitation_that_cannot_leave_is_refused_beside_its_field(at, draft, as_user, field, value):
    form = {
        "act": "invite",
        "organisation_name": "Préfecture",
        "agent_name": "Luc",
        "agent_email": "luc@pref.example",
        "message": "Bonjour à vous.",
    } | {field: value}
    page = ok(as_user(draft.lead).post(f"/dossiers/{draft.reference}/partenaires/", form), 422)
    assert f'id="id_{field}_error"' in page and "Bonjour à vous." in page


def test_a_wrong_team_invitation_keeps_what_was_typed(at, draft, as_user):
    page = ok(
        as_user(draft.lead).post(
            f"/dossiers/{draft.reference}/equipe/", {"act": "invite", "email": "pas-une-adresse", "right": "editor"}
        ),
        422,
    )
    assert "id_email_error" in page and "pas-une-adresse" in page


# ---- the case officers' pages ----


def test_a_request_without_its_deadline_or_its_list_keeps_the_words(at, as_user):
    row, officer = filed(at), person_with(Role.CASE_OFFICER)
    browser = as_user(officer)
    here = f"/instruction/dossiers/{row.reference}/complements/"
    ok(browser.get(here))
    page = ok(browser.post(here, {"message": "Un mot avec la liste.", "due_on": "2020-01-01"}), 422)
    assert "Un mot avec la liste." in page and "error" in page
    assert not row.information_requests.exists()


def test_unknown_acts_and_rows_are_answered_in_words(at, draft, as_user):
    browser, officer = as_user(draft.lead), as_user(person_with(Role.CASE_OFFICER))
    row = filed(at)
    assert browser.post(f"/dossiers/{draft.reference}/partenaires/", {"act": "steal"}).status_code == 302
    assert browser.post(f"/dossiers/{draft.reference}/equipe/", {"act": "remove", "member": "x"}).status_code == 302
    assert officer.post(f"/instruction/dossiers/{row.reference}/", {"act": "steal"}).status_code == 400
    assert browser.get(f"/dossiers/{draft.reference}/ecrire/nope/").status_code == 404
    for query in ("?page=99", "?page=x"):
        assert browser.get(f"/mes-dossiers/{query}").status_code == 404
        assert officer.get(f"/instruction/dossiers/{query}").status_code == 404


# ---- lists ----


def drafts(n, lead, at):
    for _ in range(n):
        ApplicationFactory(lead=lead, created_at=at, call=CallFactory(state="published"))


@pytest.mark.parametrize("n", [1, 20])
def test_my_files_cost_the_same_at_any_length(at, as_user, django_assert_num_queries, n):
    lead = UserFactory()
    drafts(n, lead, at)
    browser = as_user(lead)
    browser.get("/mes-dossiers/")
    with django_assert_num_queries(8):
        assert browser.get("/mes-dossiers/").status_code == 200


@pytest.mark.parametrize("n", [1, 20])
def test_the_officers_queue_costs_the_same_at_any_length(at, as_user, django_assert_num_queries, n):
    call = CallFactory(state="closed", opens_at=at - timedelta(days=60))
    for _ in range(n):
        PartnershipFactory(application=ApplicationFactory(state="submitted", received_at=at, call=call))
    browser = as_user(person_with(Role.CASE_OFFICER))
    browser.get("/instruction/dossiers/")
    with django_assert_num_queries(12):
        assert browser.get("/instruction/dossiers/").status_code == 200
    with django_assert_num_queries(7):
        assert b"FP-2026-" in browser.get("/instruction/dossiers/export.csv").getvalue()


@pytest.mark.parametrize("n", [1, 20])
def test_the_pages_of_a_file_cost_the_same_at_any_length(at, as_user, django_assert_num_queries, n):
    row = ApplicationFactory(created_at=at)
    for _ in range(n):
        TeamMemberFactory(application=row, created_at=at)
        PartnershipFactory(application=row)
    browser = as_user(row.lead)
    for name, count in (("equipe", 15), ("partenaires", 14)):
        path = f"/dossiers/{row.reference}/{name}/"
        browser.get(path)
        with django_assert_num_queries(count):
            assert browser.get(path).status_code == 200


def test_an_eligible_file_shows_its_life(at, as_user):
    row = eligible(at)
    officer = as_user(person_with(Role.CASE_OFFICER))
    for browser, path in (
        (as_user(row.lead), f"/dossiers/{row.reference}/lire/"),
        (as_user(row.lead), f"/dossiers/{row.reference}/"),
        (officer, f"/instruction/dossiers/{row.reference}/"),
        (officer, f"/dossiers/{row.reference}/"),
    ):
        assert row.title in ok(browser.get(path)), path


def test_the_lead_changes_on_the_team_page(as_user, at):
    row = ApplicationFactory(created_at=at, applicant_kind="collective")
    member = TeamMemberFactory(application=row)
    here = f"/dossiers/{row.reference}/equipe/"
    browser = as_user(row.lead)
    assert 'value="offer"' in browser.get(here).content.decode()
    assert browser.post(here, {"act": "offer", "member": member.pk}).status_code == 302
    assert 'value="take_back"' in browser.get(here).content.decode()
    browser = as_user(member.user)
    page = browser.get(here).content.decode()
    assert 'value="accept"' in page and 'value="take_back"' not in page
    assert browser.post(here, {"act": "accept", "member": member.pk}).status_code == 302
    row.refresh_from_db()
    assert row.lead == member.user and 'value="accept"' not in browser.get(here).content.decode()


def test_a_citizen_reads_why_the_application_stays_theirs(as_user, at):
    row = ApplicationFactory(created_at=at, applicant_kind="citizen")
    browser = as_user(row.lead)
    page = browser.get(f"/dossiers/{row.reference}/equipe/").content.decode()
    assert 'value="offer"' not in page and "collectif" in page


def test_an_editor_of_some_parts_reads_the_others(as_user, at):
    row = ready_draft(at)
    member = TeamMemberFactory(application=row, right="editor")
    here = f"/dossiers/{row.reference}/"
    lead = as_user(row.lead)
    change = {"act": "change", "member": member.pk, f"member-{member.pk}-right": "editor"}
    assert lead.post(f"{here}equipe/", change | {f"member-{member.pk}-areas": ["budget"]}).status_code == 302
    member.refresh_from_db()
    assert member.areas == ["budget"]
    team = ok(lead.get(f"{here}equipe/"))
    assert re.search(r'value="budget"[^>]*checked', team)
    browser = as_user(member.user)
    page = ok(browser.get(f"{here}ecrire/budget/"))
    assert "à lire" in page
    answer = browser.get(f"{here}ecrire/project/")
    assert answer.status_code == 302 and answer.url.endswith("/lire/#partie-project")
    assert "Vous pouvez lire cette partie" in ok(browser.get(answer.url))
    assert browser.post(f"{here}ecrire/project/", {"title": "Non"}).status_code == 403
    assert browser.post(f"{here}ecrire/project/auto/", {"title": "Non"}).status_code == 403


# ---- what is missing, and where to mend it ----


@pytest.mark.parametrize("kind", ["citizen", "association", "collective"])
def test_each_gap_of_an_empty_draft_leads_to_what_mends_it(at, as_user, kind):
    application = ApplicationFactory(created_at=at, applicant_kind=kind, call=open_call())
    application.sections.all().delete()
    browser = as_user(application.lead)
    links = re.findall(
        r'href="(/dossiers/[^"#]+/)#([^"]+)"', ok(browser.get(f"/dossiers/{application.reference}/verifier/"))
    )
    anchors = {anchor for _path, anchor in links}
    assert {"table-deliverables", "table-timeline", "table-expenses", "id_commune", "id_title"} <= anchors
    shown = {path: ok(browser.get(path)) for path in {path for path, _anchor in links}}
    for path, anchor in links:
        tag = re.search(rf'<(\w+)\b[^>]*\bid="{anchor}"[^>]*>', shown[path])
        assert tag, (path, anchor)
        assert 'type="hidden"' not in tag[0] and (tag[1] in ("input", "select", "textarea") or "tabindex" in tag[0]), (
            tag[0]
        )


def test_a_line_too_long_is_refused_in_words_and_kept(at, draft, as_user):
    browser, path, title = as_user(draft.lead), f"/dossiers/{draft.reference}/ecrire/project/", "é" * 300
    shown = ok(browser.get(path))
    assert "maxlength" not in shown  # the browser would cut what is pasted, without a word
    page = ok(browser.post(path, {"version": "1", "title": title}), 422)
    assert title in page and "120" in page
    assert queries.content_now(draft)["project"]["title"] != title[:120]


def test_the_bearer_s_address_is_an_address(at):
    application = ApplicationFactory(created_at=at, applicant_kind="collective")
    content = queries.content_now(application)
    content["applicant"] |= {"bearer_kind": "natural_person", "bearer_name": "Lou", "bearer_email": "pas un courriel"}
    found = [gap.message for gap in missing(application, content) if gap.field == "bearer_email"]
    assert len(found) == 1 and "pas un courriel" in found[0]


def test_inviting_again_says_so_and_keeps_the_agreement(at, draft, as_user):
    browser, path = as_user(draft.lead), f"/dossiers/{draft.reference}/equipe/"
    invitation = {"act": "invite", "email": "lou@demo.example", "right": "editor"}
    browser.post(path, invitation | {"signatory": "on"})
    page = ok(browser.post(path, invitation, follow=True))
    assert "le précédent ne marche plus" in page and draft.members.get(email="lou@demo.example").signatory


def test_two_agents_of_one_administration_are_told_apart(at, draft, as_user):
    for number in (1, 2):
        PartnershipFactory(application=draft, agent_name="Delphine", agent_email=f"delphine{number}@mairie.example")
    page = ok(as_user(draft.lead).get(f"/dossiers/{draft.reference}/partenaires/"))
    assert "delphine1@mairie.example" in page and "delphine2@mairie.example" in page


def test_a_cell_too_long_is_refused_in_words_and_kept(at, draft, as_user):
    text = "é" * 900
    rows = {"deliverables-TOTAL_FORMS": "1", "deliverables-INITIAL_FORMS": "0", "deliverables-0-title": text}
    path = f"/dossiers/{draft.reference}/ecrire/project/"
    page = ok(as_user(draft.lead).post(path, {"version": "1", "title": "Court"} | rows), 422)
    assert text in page and not any(
        row["title"].startswith("éé") for row in queries.content_now(draft)["project"]["deliverables"]
    )


@pytest.mark.parametrize(
    ("section", "table", "typed"),
    [
        ("project", "deliverables", {"title": "Une carte", "description": "En ligne"}),
        ("project", "timeline", {"from_month": "1", "to_month": "3", "label": "Atelier"}),
        ("budget", "expenses", {"label": "Encre", "amount": "12"}),
    ],
)
def test_rows_typed_since_the_page_was_opened_outlive_every_later_save(at, draft, as_user, section, table, typed):
    """The browser goes on posting the page it opened, on which no row was kept yet: what was saved meanwhile is there all the same."""
    browser = as_user(draft.lead)
    rows = {f"{table}-TOTAL_FORMS": "3", f"{table}-INITIAL_FORMS": "0"}
    for place in range(2):
        rows |= {f"{table}-{place}-{name}": value for name, value in typed.items()}
    path, version = f"/dossiers/{draft.reference}/ecrire/{section}/auto/", draft.sections.get(code=section).version
    kept = []
    for _turn in range(3):
        answer = browser.post(path, {"version": str(version)} | rows)
        assert answer.status_code == 200, answer.content[:300]
        version = answer.json()["version"]
        kept.append(queries.content_now(draft)[section][table])
    first = [row for row in kept[0] if any(row.values())]
    assert len(first) == 2 and kept[1] == kept[0] and kept[2] == kept[0]
