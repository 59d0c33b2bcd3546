"""An application filed by a program alone, from the token to the receipt; and everything it may send wrong on the way."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from applications.models import Application, Attachment
from core.models import Document
from desks.openapi import description
from fund.enums import Role
from tests.factories import applications as make
from tests.factories.core import UserFactory
from tests.factories.fund import open_call, person_with

pytestmark = pytest.mark.django_db
API = "/api/v1"


def picture(name="plan.png"):
    content = io.BytesIO()
    Image.new("RGB", (4, 4)).save(content, "PNG")
    return SimpleUploadedFile(name, content.getvalue(), "image/png")


@pytest.fixture
def draft(at, token):
    """A client and the address of the empty draft it opened."""
    call, person = open_call(), UserFactory(name="Ada Morel")
    client = token(person)
    answer = client.post(f"{API}/applications/", {"call": call.slug, "applicant_kind": "association"}, format="json")
    assert answer.status_code == 201, answer.json()
    assert answer["Location"] == f"{API}/applications/{answer.json()['reference']}/"
    return client, answer["Location"]


def write_all(client, path, content=None):
    for code, section in (content or make.complete_content()).items():
        answer = client.patch(f"{path}sections/{code}/", {"content": section}, format="json")
        assert answer.status_code == 200, answer.json()


def test_from_the_token_to_the_receipt(draft):
    client, path = draft
    write_all(client, path)
    answer = client.post(
        f"{path}partnerships/", {"agent_email": "agent@ville.example", "organisation_name": "Nevers"}, format="json"
    )
    assert answer.status_code == 201 and answer.json()["state"] == "invited", answer.json()
    answer = client.post(f"{path}attachments/", {"file": picture(), "kind": "other"}, format="multipart")
    assert answer.status_code == 201 and answer.json()["content_type"] == "image/png", answer.json()
    number = answer.json()["id"]
    check = client.get(f"{path}check/").json()
    assert check["missing"] == [] and [one["agreed"] for one in check["signatures"]] == [False]
    refused = client.post(f"{path}submit/", {}, format="json")
    assert refused.status_code in (409, 422) and refused.json()["remedy"]
    agreed = client.post(f"{path}sign_off/", {"content_hash": check["content_hash"]}, format="json")
    assert agreed.status_code == 200 and agreed.json()["signatures"][0]["agreed"], agreed.json()
    filed = client.post(f"{path}submit/", {}, format="json", headers={"Idempotency-Key": "depot-1"})
    again = client.post(f"{path}submit/", {}, format="json", headers={"Idempotency-Key": "depot-1"})
    assert filed.status_code == 200 and filed.json()["state"] == "submitted", filed.json()
    assert again["Idempotency-Replayed"] == "true" and again.json() == filed.json()
    code = filed.json()["receipt"]
    document = client.get(f"{API}/documents/{code}/").json()
    assert document["kind"] == "receipt" and document["subject"] == filed.json()["reference"]
    pdf = client.get(f"{API}/documents/{code}/pdf/", headers={"accept": "application/pdf"})
    assert pdf.status_code == 200 and pdf["Content-Type"] == "application/pdf"
    assert b"".join(pdf.streaming_content).startswith(b"%PDF-")
    (version,) = client.get(f"{path}versions/").json()
    assert version["receipt"] == code and version["content"]["project"]["title"] == "Le courrier en clair"
    piece = client.get(f"{path}attachments/{number}/")
    told = description("en")["paths"]["/api/v1/applications/{reference}/attachments/{number}/"]["get"]["responses"]
    assert piece.status_code == 200 and piece["Content-Type"] in told["200"]["content"]
    assert [one["code"] for one in client.get(f"{API}/documents/").json()["results"]] == [code]
    assert client.post(f"{path}withdraw/", {"reason": ""}, format="json").json()["state"] == "withdrawn"


def test_an_upload_is_sent_twice_under_one_key(draft):
    client, path = draft
    first = client.post(
        f"{path}attachments/", {"file": picture()}, format="multipart", headers={"Idempotency-Key": "p1"}
    )
    again = client.post(
        f"{path}attachments/", {"file": picture()}, format="multipart", headers={"Idempotency-Key": "p1"}
    )
    assert (first.status_code, again.json(), Attachment.objects.count()) == (201, first.json(), 1)
    other = client.post(
        f"{path}attachments/", {"file": picture("b.png")}, format="multipart", headers={"Idempotency-Key": "p1"}
    )
    assert other.status_code == 422 and other.json()["code"] == "idempotency_key_reused"
    assert client.delete(f"{path}attachments/{first.json()['id']}/").status_code == 204
    assert client.get(f"{path}attachments/").json() == []


def test_what_is_no_document(draft):
    client, path = draft
    text = SimpleUploadedFile("x.pdf", b"<script>", "application/pdf")
    answer = client.post(f"{path}attachments/", {"file": text}, format="multipart")
    assert answer.status_code == 422 and answer.json()["code"] == "file_type"
    assert client.post(f"{path}attachments/", {}, format="multipart").json()["errors"]["file"]
    assert client.post(f"{path}attachments/", {"file": "x"}, format="json").status_code == 415


def test_two_writers_of_one_section(draft):
    client, path = draft
    first = client.patch(f"{path}sections/project/", {"content": {"title": "Un"}}, format="json")
    assert (first["ETag"], first.json()["version"]) == ('"1"', 1)
    second = client.patch(
        f"{path}sections/project/", {"content": {"title": "Deux"}}, format="json", headers={"If-Match": '"1"'}
    )
    assert second.json()["content"]["title"] == "Deux" and second.json()["content"]["need"] == ""
    late = client.patch(
        f"{path}sections/project/", {"content": {"title": "Trois"}}, format="json", headers={"If-Match": '"1"'}
    )
    assert late.status_code == 412 and late.json()["code"] == "precondition_failed"
    late = client.patch(f"{path}sections/project/", {"content": {"title": "Trois"}, "version": 1}, format="json")
    assert late.status_code == 409 and late.json()["code"] == "version_conflict"
    assert client.get(f"{path}sections/project/").json()["content"]["title"] == "Deux"


@pytest.mark.parametrize(
    ("code", "content", "field"),
    [
        ("project", {"nom": "x"}, "nom"),
        ("project", {"title": 3, "themes": "x"}, "themes"),
        ("project", {"title": "x" * 121}, "title"),
        ("project", {"duration_months": "neuf"}, "duration_months"),
        ("project", {"deliverables": [{"title": "x", "prix": 3}]}, "deliverables"),
        ("project", {"deliverables": [{}] * 61}, "deliverables"),
        ("budget", {"requested_amount": 12.5}, "requested_amount"),
        ("budget", {"requested_amount": 10**15}, "requested_amount"),
        ("budget", {"expenses": [{"account": "999", "amount": []}]}, "expenses"),
        ("statements", {"accurate": "peut-être"}, "accurate"),
    ],
)
def test_wrong_answers_are_named(draft, code, content, field):
    client, path = draft
    answer = client.patch(f"{path}sections/{code}/", {"content": content}, format="json")
    assert answer.status_code == 400 and answer["Content-Type"] == "application/problem+json"
    assert list(answer.json()["errors"]["content"]) == [field]
    assert client.get(f"{path}sections/{code}/").json()["version"] == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b'{"content": null}',
        b'{"content": []}',
        b'{"content": {"title": "\\u0000"}}',
        b'{"content": {"title": "\\ud800"}}',
        b'{"content": {"\\u0000": 1}}',
        b'{"content": {"title": NaN}}',
        b'{"content": {"duration_months": 1e400}}',
        b'{"content": {"duration_months": 99999999999999999999999}}',
        b'{"content": {"title": ' + b"[" * 100 + b"]" * 100 + b"}}",
        b'{"content": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"\xff\xfe",
    ],
)
def test_strange_bodies(draft, body):
    client, path = draft
    answer = client.generic("PATCH", f"{path}sections/project/", body, content_type="application/json")
    assert answer.status_code == 400 and answer.json()["code"] in ("invalid", "parse_error"), answer.content


def test_the_largest_bodies_and_other_types(draft):
    client, path = draft
    large = client.generic("PATCH", f"{path}sections/project/", b" " * 3_000_000, content_type="application/json")
    assert large.status_code == 413
    xml = client.generic("PATCH", f"{path}sections/project/", b"<a/>", content_type="application/xml")
    assert xml.status_code == 415 and xml.json()["code"] == "unsupported_media_type"
    assert client.delete(path).status_code == 405
    assert client.get(path, headers={"accept": "text/csv"}).status_code == 406
    assert client.get(f"{path}sections/rien/").status_code == 404


def test_what_is_refused_says_why_in_the_persons_language(at, token):
    call = open_call()
    for language, word in (("fr", "dossier"), ("en", "application")):
        client = token(UserFactory(language=language))
        path = client.post(f"{API}/applications/", {"call": call.slug, "applicant_kind": "citizen"}, format="json")[
            "Location"
        ]
        offer = next(one for one in client.get(path).json()["available_transitions"] if one["verb"] == "withdraw")
        assert word in offer["label"]
        refused = client.post(f"{path}submit/", {}, format="json").json()
        assert refused["status"] == 422 and refused["title"] == ("Refusé" if language == "fr" else "Refused")


def test_team(draft):
    client, path = draft
    named = client.post(f"{path}members/", {"name": "Lou Perrin", "role": "graphiste"}, format="json")
    assert named.status_code == 201
    invited = client.post(f"{path}members/invite/", {"email": "lou@ici.example", "right": "editor"}, format="json")
    assert invited.status_code == 201 and "token" not in str(invited.json())
    twice = client.post(f"{path}members/invite/", {"email": "pas une adresse"}, format="json")
    assert twice.status_code == 400 and twice.json()["errors"]["email"]
    changed = client.patch(f"{path}members/{named.json()['id']}/", {"role": "illustratrice"}, format="json")
    assert changed.json()["role"] == "illustratrice"
    assert client.delete(f"{path}members/{named.json()['id']}/").status_code == 204
    assert [one["email"] for one in client.get(f"{path}members/").json()] == ["lou@ici.example"]


def test_a_copy_of_an_earlier_file(at, token):
    earlier = make.filed(at)
    client, call = token(earlier.lead), open_call()
    body = {"call": call.slug, "applicant_kind": "association", "cloned_from": earlier.reference}
    path = client.post(f"{API}/applications/", body, format="json")["Location"]
    assert client.get(f"{path}sections/project/").json()["content"]["title"] == earlier.title
    assert token(UserFactory()).post(f"{API}/applications/", body, format="json").status_code == 404


def test_the_case_officer_reads_what_was_filed_and_nothing_of_a_draft(at, token):
    draft, filed = make.ready_draft(at), make.filed(at)
    officer = token(person_with(Role.CASE_OFFICER))
    assert [row["reference"] for row in officer.get(f"{API}/applications/").json()["results"]] == [filed.reference]
    assert officer.get(f"{API}/applications/{draft.reference}/").status_code == 404
    path = f"{API}/applications/{filed.reference}/"
    assert officer.get(path).status_code == officer.get(f"{path}versions/").status_code == 200
    for part in ("sections/", "sections/project/", "check/", "members/"):
        assert officer.get(f"{path}{part}").status_code == 404
    assert officer.patch(f"{path}sections/project/", {"content": {}}, format="json").status_code == 404
    refused = officer.post(f"{path}withdraw/", {}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_permitted")
    codes = [line["code"] for line in officer.get(f"{path}checks/").json()]
    found = officer.patch(f"{path}checks/", {"checks": {code: {"ok": True} for code in codes}}, format="json")
    assert all(line["ok"] for line in found.json())
    assert officer.patch(f"{path}checks/", {"checks": {"rien": {"ok": True}}}, format="json").status_code == 400
    lead = token(filed.lead)
    assert lead.get(f"{path}checks/").status_code == 404
    assert lead.patch(f"{path}checks/", {"checks": {}}, format="json").status_code == 404


def test_a_request_is_asked_and_answered(at, token):
    filed = make.filed(at)
    officer, lead = token(person_with(Role.CASE_OFFICER)), token(filed.lead)
    path = f"{API}/applications/{filed.reference}/"
    item = {"section": "project", "label": "Le calendrier", "reason": "Il manque un mois."}
    for body in (
        {"items": [], "due_at": "2026-12-10T12:00:00Z"},
        {"items": [{**item, "section": "rien"}], "due_at": "2026-12-10T12:00:00Z"},
        {"items": [item], "due_at": "9999-12-31T23:59:59Z"},
        {"items": [item], "due_at": "demain"},
        {"items": [item]},
    ):
        assert officer.post(f"{path}request_information/", body, format="json").status_code == 400
    past = officer.post(
        f"{path}request_information/", {"items": [item], "due_at": "2026-01-01T00:00:00Z"}, format="json"
    )
    assert past.status_code == 422 and past.json()["article"] == "art. 10"
    asked = officer.post(
        f"{path}request_information/", {"items": [item], "due_at": "2026-12-10T12:00:00Z"}, format="json"
    )
    assert asked.json()["state"] == "information_requested"
    (shown,) = lead.get(f"{path}information-requests/").json()
    assert shown["state"] == "open" and shown["items"][0]["label"] == "Le calendrier"
    assert lead.post(f"{path}answer/", {}, format="json").json()["code"] == "answer_empty"
    assert lead.post(f"{path}answer/", {"text": "Le voici."}, format="json").json()["state"] == "submitted"


def test_an_officer_does_not_see_the_file_he_has_a_link_with(at, token):
    officer = person_with(Role.CASE_OFFICER)
    filed = make.filed(at)
    make.PartnershipFactory(application=filed, agent_email=officer.email, state="invited")
    assert token(officer).get(f"{API}/applications/{filed.reference}/").status_code == 404
    assert token(officer).get(f"{API}/partnerships/").json()["results"] == []


def test_others_and_nobody(at, token, nobody):
    filed = make.filed(at)
    path = f"{API}/applications/{filed.reference}/"
    stranger = token(UserFactory())
    here, absent = stranger.get(path), stranger.get(f"{API}/applications/FP-2026-00000000/")
    assert here.status_code == absent.status_code == 404
    assert {**here.json(), "request": ""} == {**absent.json(), "request": ""}
    code = Document.objects.get(kind="receipt").code
    assert stranger.get(f"{API}/documents/{code}/").status_code == 404
    assert stranger.get(f"{API}/documents/", {"subject": filed.reference}).json()["results"] == []
    assert nobody.get(path).status_code == nobody.post(f"{path}submit/").status_code == 401
    reader = token(filed.lead, may_write=False)
    assert reader.get(path).status_code == 200
    assert reader.post(f"{path}withdraw/").json()["code"] == "read_only_token"


def test_an_unchanged_answer_is_304_and_a_changed_one_412(at, token):
    filed = make.filed(at)
    client, path = token(filed.lead), f"{API}/applications/{filed.reference}/"
    etag = client.get(path)["ETag"]
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
    assert client.post(f"{path}withdraw/", {}, format="json", headers={"If-Match": '"autre"'}).status_code == 412
    assert client.post(f"{path}withdraw/", {}, format="json", headers={"If-Match": etag}).status_code == 200


@pytest.mark.parametrize("count", [1, 20])
def test_lists_cost_the_same_at_any_length(at, token, django_assert_num_queries, count):
    officer = person_with(Role.CASE_OFFICER)
    call = open_call()
    for _number in range(count):
        row = make.ApplicationFactory(call=call, state="submitted")
        make.PartnershipFactory(application=row, state="invited")
    client = token(officer)
    client.get(f"{API}/me/")
    with django_assert_num_queries(5):
        assert len(client.get(f"{API}/applications/").json()["results"]) == count
    with django_assert_num_queries(3):
        assert len(client.get(f"{API}/partnerships/").json()["results"]) == count
    assert Application.objects.count() == count


def test_the_lead_is_handed_over(at, token):
    application = make.ApplicationFactory(created_at=at, applicant_kind="collective")
    member = make.TeamMemberFactory(application=application)
    path = f"{API}/applications/{application.reference}/members/{member.pk}"
    lead, other = token(application.lead), token(member.user)
    assert other.post(f"{path}/accept_lead/").json()["code"] == "offer_over"
    assert lead.post(f"{path}/offer_lead/").json()["lead_offer_ends_at"]
    assert other.post(f"{path}/accept_lead/").status_code == 200
    application.refresh_from_db()
    assert application.lead == member.user
    team = other.get(f"{API}/applications/{application.reference}/members/").json()
    assert [one["right"] for one in team] == ["editor"]


def test_the_api_keeps_to_the_parts_of_an_editor(at, token):
    application = make.ready_draft(at)
    member = make.TeamMemberFactory(application=application, right="editor")
    path = f"{API}/applications/{application.reference}/"
    lead, editor = token(application.lead), token(member.user)
    answer = lead.patch(f"{path}members/{member.pk}/", {"areas": ["budget"]}, format="json")
    assert answer.status_code == 200 and answer.json()["areas"] == ["budget"], answer.json()
    bad = lead.patch(f"{path}members/{member.pk}/", {"areas": ["lune"]}, format="json")
    assert bad.status_code == 400 and bad.json()["errors"]["areas"]
    written = editor.patch(f"{path}sections/budget/", {"content": {"requested_amount": 100000}}, format="json")
    assert written.status_code == 200, written.json()
    refused = editor.patch(f"{path}sections/project/", {"content": {"title": "Non"}}, format="json")
    assert refused.status_code == 403 and refused.json()["code"] == "area_not_yours"
