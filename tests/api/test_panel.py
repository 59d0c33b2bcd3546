"""The panel over the API: a recused member gets a reference, a reader his own reviews, nobody a decision before its time."""

import pytest

from fund.enums import Role
from reviews.models import Assignment, Decision, Declaration, DiscussionRequest
from reviews.transitions import assignments, declarations
from tests.factories import meetings as room
from tests.factories import reviews as panel
from tests.factories.core import UserFactory
from tests.factories.fund import person_with

pytestmark = pytest.mark.django_db
API = "/api/v1"
CIVIL, STATE = panel.CIVIL, panel.STATE
RESOURCES = ("panels", "declarations", "assignments", "reviews", "meetings", "agenda-items", "decisions", "appeals")


def rows(client, name, **query):
    answer = client.get(f"{API}/{name}/", query)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


@pytest.mark.parametrize("name", RESOURCES)
def test_strangers_find_nothing(at, token, nobody, name):
    made = panel.reviewed()
    panel.notified(made, panel.decided(made, made.files[0]))
    assert nobody.get(f"{API}/{name}/").status_code == 401
    assert rows(token(UserFactory()), name) == []


def test_a_panel_is_constituted(at, token):
    made = panel.world()
    officer = token(made.officer)
    seats = [
        {"person": person.email, "college": college, "is_president": place == 0}
        for college in (CIVIL, STATE)
        for place, person in enumerate(made.members[college])
    ]
    wrong = officer.post(
        f"{API}/panels/", {"call": made.call.slug, "seats": [{**seats[0], "person": "x@ici.example"}]}, format="json"
    )
    assert wrong.status_code == 400 and wrong.json()["errors"]["seats"]["0"]
    refused = token(made.presidents[0]).post(f"{API}/panels/", {"call": made.call.slug, "seats": seats}, format="json")
    assert refused.status_code == 403
    unequal = officer.post(f"{API}/panels/", {"call": made.call.slug, "seats": seats[1:]}, format="json")
    assert unequal.status_code in (409, 422)
    done = officer.post(f"{API}/panels/", {"call": made.call.slug, "seats": seats}, format="json")
    assert done.status_code == 201 and len(done.json()["seats"]) == 6, done.json()
    assert officer.post(f"{API}/calls/{made.call.slug}/start_review/").json()["state"] == "under_review"


def test_a_member_pulls_a_file_up(at, token):
    made = panel.under_review(files=2)
    member, (hidden, seen) = made.members[CIVIL][1], made.files
    mine = Declaration.objects.get(user=member, application=hidden)
    declarations.declare_interest(declaration=mine, actor=member, ground="family_tie")
    path = f"{API}/panels/{made.call.slug}/ask_discussion/"
    asked = {"application": seen.reference, "reason": "La cible est plus large."}
    assert token(member).post(path, asked, format="json").status_code == 409
    made.panel = assignments.assign(panel=made.panel, actor=made.officer)
    for row in Assignment.objects.filter(state="assigned").select_related("seat__user", "application__call"):
        panel.file_review(row)
    assignments.close_reading(panel=made.panel, actor=made.officer)
    assert token(member).post(path, asked, format="json").status_code == 200
    assert DiscussionRequest.objects.get().reason == "La cible est plus large."
    assert token(member).post(path, asked | {"reason": " "}, format="json").status_code == 422
    assert token(member).post(path, asked | {"application": hidden.reference}, format="json").status_code == 404
    assert token(made.officer).post(path, asked, format="json").status_code == 403


def test_a_member_declares_on_a_card_and_is_recused(at, token):
    made = panel.under_review(declare=False)
    member = made.members[CIVIL][1]
    client = token(member)
    first, second = rows(client, "declarations")
    assert first["card"]["title"] and first["state"] == "required"
    assert rows(client, "assignments") == rows(client, "decisions") == []
    done = client.post(f"{API}/declarations/{second['id']}/declare_none/", {}, format="json")
    assert done.json()["state"] == "none", done.json()
    wrong = client.post(f"{API}/declarations/{first['id']}/declare_interest/", {"ground": "own_file"}, format="json")
    assert wrong.status_code == 400
    done = client.post(
        f"{API}/declarations/{first['id']}/declare_interest/",
        {"ground": "family_tie", "detail": "Ma sœur."},
        format="json",
    ).json()
    assert (done["state"], done["card"]) == ("recused", None) and "sœur" not in str(done)
    other = Declaration.objects.exclude(user=member).first()
    assert client.get(f"{API}/declarations/{other.pk}/").status_code == 404
    officer = rows(token(made.officer), "declarations", state="recused")
    assert [(row["member"], row["card"]) for row in officer] == [(str(member), None)] and "sœur" not in str(officer)


def test_a_reader_writes_and_files_his_review_alone(at, token):
    made = panel.reading()
    mine = Assignment.objects.filter(state="assigned").select_related("seat__user", "application").first()
    other = Assignment.objects.filter(application=mine.application).exclude(seat=mine.seat).first()
    client, path = token(mine.seat.user), f"{API}/reviews/{mine.pk}/"
    shown = client.get(f"{API}/assignments/{mine.pk}/file/").json()
    assert shown["content"]["project"]["title"] and "address" not in shown["content"]["applicant"]
    code = made.call.criteria.first().code
    kept = client.patch(path, {"scores": {code: {"half_points": 7}}, "comment": "Clair.", "version": 0}, format="json")
    assert kept.json()["version"] == 1 and kept.json()["scores"][0]["half_points"] == 7, kept.json()
    late = client.patch(path, {"comment": "Autre.", "version": 0}, format="json")
    assert (late.status_code, late.json()["code"]) == (409, "version_conflict")
    for wrong in ({"scores": {"rien": {}}}, {"scores": {code: {"half_points": 11}}}, {"scores": [1]}, {"remark": 1}):
        assert client.patch(path, wrong, format="json").status_code == 400
    early = client.post(f"{path}submit/")
    assert early.status_code == 422 and early.json()["remedy"]
    scores = {row.code: {"half_points": 6, "justification": "Solide."} for row in made.call.criteria.all()}
    client.patch(path, {"scores": scores}, format="json")
    assert client.post(f"{path}submit/").json()["state"] == "submitted"
    panel.file_review(other, 2)
    assert client.get(f"{API}/assignments/{other.pk}/").status_code == 404
    seen = rows(client, "reviews", application=mine.application.reference)
    assert other.pk in [row["id"] for row in seen]  # he filed his own
    third = next(one for one in made.everyone() if not Assignment.objects.filter(seat__user=one).exists())
    assert rows(token(third), "reviews", application=mine.application.reference) == []
    assert token(made.officer).get(f"{API}/reviews/{mine.pk}/").status_code == 404
    progress = token(made.officer).get(f"{API}/assignments/{mine.pk}/").json()
    assert progress["state"] == "submitted" and "scores" not in progress


def test_two_worlds_that_differ_in_a_closed_file_give_the_same_bytes(at, token):
    made = panel.reading()
    closed, member = made.files[0], made.members[STATE][1]
    row = Declaration.objects.get(user=member, application=closed)
    declarations.declare_interest(declaration=row, actor=member, ground="family_tie")
    client = token(member)

    def world() -> dict:
        paths = [f"{API}/{name}/" for name in RESOURCES]
        paths += [f"{API}/reviews/?application={closed.reference}", f"{API}/documents/?subject={closed.reference}"]
        paths += [f"{API}/assignments/{pk}/" for pk in Assignment.objects.values_list("pk", flat=True)]
        return {path: client.get(path).content.partition(b'"request"')[0] for path in paths}

    before = world()
    for assignment in Assignment.objects.filter(application=closed, state="assigned").select_related("seat__user"):
        panel.file_review(assignment, 9, comment="Canari.")
    type(closed).objects.filter(pk=closed.pk).update(title="Canari", summary="Canari")
    assert world() == before
    assert b"Canari" not in b"".join(world().values())


def test_a_meeting_is_run_and_voted(at, token):
    made, meeting, when = room.opened()
    item = room.item_of(meeting)
    officer, member = token(made.officer), made.members[CIVIL][1]
    path = f"{API}/agenda-items/{item.pk}/"
    assert officer.post(f"{path}discuss/").json()["state"] == "in_discussion"
    ballot = {"mode": "open", "proposal": "selected", "amount": 1_000_000, "grounds": "Utile et essayé."}
    unsaid = officer.post(f"{path}open_ballot/", ballot, format="json")
    assert unsaid.json()["code"] == "reduction_reason_missing", unsaid.json()
    opened = officer.post(f"{path}open_ballot/", ballot | {"amount_reason": "Un seul quartier."}, format="json")
    assert opened.status_code == 200, opened.json()
    seat = made.seat(member)
    ballot = {"seat": seat.pk, "choice": "for"}
    cast = token(member).post(f"{path}cast/", ballot, format="json", headers={"Idempotency-Key": "vote-1"})
    again = token(member).post(f"{path}cast/", ballot, format="json", headers={"Idempotency-Key": "vote-1"})
    assert cast.status_code == 200 and again["Idempotency-Replayed"] == "true", cast.json()
    assert token(member).post(f"{path}cast/", ballot, format="json").status_code in (409, 422)
    stolen = token(member).post(f"{path}cast/", {**ballot, "seat": made.seat(made.members[STATE][1]).pk}, format="json")
    assert stolen.status_code in (403, 409, 422)
    for person in made.members[CIVIL] + made.members[STATE]:
        if person != member:
            token(person).post(f"{path}cast/", {"seat": made.seat(person).pk, "choice": "for"}, format="json")
    counted = officer.post(f"{path}vote/", {}, format="json")
    assert (counted.status_code, counted.json().get("outcome")) == (200, "adopted"), counted.json()
    points = officer.get(f"{API}/meetings/{meeting.pk}/items/").json()
    assert next(one for one in points if one["id"] == item.pk)["state"] == "voted"


def test_a_recused_member_reads_the_agenda_without_the_file(at, token):
    made, meeting = room.convened()
    item, member = room.item_of(meeting), made.members[CIVIL][1]
    room.recuse(member, item.application)
    points = token(member).get(f"{API}/meetings/{meeting.pk}/items/").json()
    shown = next(one for one in points if one["id"] == item.pk)
    assert shown["closed"] == "recused" and shown["application"] == item.application.reference
    assert {shown[name] for name in ("title", "state", "proposal", "amount", "outcome", "rank", "score")} == {None}
    assert token(member).get(f"{API}/agenda-items/{item.pk}/").status_code == 404


def test_a_meeting_that_may_not_be_seen_is_asked_for_like_one_that_does_not_exist(at, token):
    made, meeting = room.convened()
    officer, stranger = token(made.officer), token(UserFactory())
    assert rows(officer, "agenda-items", meeting=meeting.pk)
    for client, number in ((stranger, meeting.pk), (stranger, 10**9), (officer, 10**9)):
        assert rows(client, "agenda-items", meeting=number) == []


def test_a_place_and_a_score_are_told_before_the_notification_to_who_knows_the_scores_alone(at, token):
    made = panel.reviewed()
    decision = panel.decided(made, made.files[0], rank=1)
    path = f"{API}/decisions/{decision.reference}/"
    authorising = person_with(Role.AUTHORISING_OFFICER)
    elsewhere = person_with(Role.CO_PRESIDENT, CIVIL)
    for person in (authorising, elsewhere):
        shown = token(person).get(path).json()
        assert (shown["amount"], shown["rank"], shown["published_score"]) == (decision.amount, None, "")
    for person in (made.officer, made.presidents[0], person_with(Role.AUDITOR)):
        shown = token(person).get(path).json()
        assert (shown["rank"], shown["published_score"]) == (1, decision.published_score) and shown["published_score"]


def test_a_decision_is_read_by_its_team_once_notified(at, token):
    made = panel.reviewed()
    decision = panel.decided(made, made.files[0])
    lead, path = token(decision.application.lead), f"{API}/decisions/{decision.reference}/"
    before = lead.get(f"{API}/applications/{decision.application.reference}/").content
    assert token(made.presidents[0]).get(path).json()["state"] == "voted"
    signing = token(made.presidents[0]).post(f"{path}sign/")
    assert (signing.status_code, signing.json()["code"]) == (403, "reauthentication_needed")
    panel.signed(made, panel.rendered(decision))
    assert lead.get(path).status_code == 404 and rows(lead, "decisions") == []
    assert lead.get(f"{API}/applications/{decision.application.reference}/").content == before
    told = token(made.officer).post(f"{path}notify/")
    assert told.status_code == 200 and told.json()["state"] == "notified", told.json()
    assert lead.get(path).json()["outcome"] == Decision.objects.get(pk=decision.pk).outcome
    appeal = lead.post(f"{path}appeal/", {"text": "Le montant est trop bas."}, format="json")
    assert appeal.status_code == 201 and rows(lead, "appeals")[0]["state"] == "filed", appeal.json()
    assert lead.post(f"{path}appeal/", {"text": ""}, format="json").status_code in (409, 422)


def test_withdrawing_while_the_panel_works(at, token):
    made = panel.reading()
    lead = token(made.files[0].lead)
    path = f"{API}/applications/{made.files[0].reference}/"
    assert "leave_review" in [one["verb"] for one in lead.get(path).json()["available_transitions"]]
    assert lead.post(f"{path}leave_review/", {"reason": "Plus de temps."}, format="json").json()["state"] == "withdrawn"


@pytest.mark.parametrize("count", [1, 20])
def test_lists_cost_the_same_at_any_length(at, token, django_assert_num_queries, count):
    made = panel.reading(files=count)
    reader = Assignment.objects.filter(seat__is_president=False).first().seat.user
    officer, member = token(made.officer), token(reader)
    auditor = token(person_with(Role.AUDITOR))
    for client in (officer, member, auditor):
        client.get(f"{API}/me/")
    for client, name, queries in (
        (officer, "declarations", 6),
        (member, "declarations", 9),
        (officer, "assignments", 3),
        (member, "reviews", 3),
        (auditor, "panels", 4),
        (officer, "decisions", 3),
    ):
        with django_assert_num_queries(queries, info=name):
            assert client.get(f"{API}/{name}/").status_code == 200
