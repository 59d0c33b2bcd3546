"""The reader's desk: a note and an amount of his own, both texts when two windows wrote, his own order, documents beside the grid."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from applications.models import Application, Attachment
from core.models import Mail, User
from core.transitions import Refusal
from reviews import tasks
from reviews.models import Assignment, Decision
from reviews.queries import feedback, personal, reviewing
from reviews.rules.reviews import LONGEST_EXPLANATION, LONGEST_TEXT
from reviews.transitions import assignments, reminders
from tests.factories import reviews as make

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}
NOTE = "Le devis du serveur me paraît double."


def text(response) -> str:
    return response.content.decode()


def first_pair(made) -> Assignment:
    return (
        Assignment.objects.filter(application__call=made.call)
        .select_related("seat__user", "seat__panel", "application__call")
        .order_by("application__reference", "pk")
        .first()
    )


def partial(made, minimum=1_000_000):
    """The applicants said how low they could go."""
    for row in made.files:
        row.minimum_viable_amount = minimum
        row.save(update_fields=["minimum_viable_amount"])
    return made


def everything(made, **more) -> dict:
    grid = {f"score-{row.code}": "6" for row in made.call.criteria.all()}
    return grid | {f"why-{row.code}": "Vu." for row in made.call.criteria.all()} | {"comment": "Bravo."} | more


# ---- note and amount ----


def test_a_note_and_an_amount_are_saved_filed_and_kept_in_the_version(at, as_user):
    made = partial(make.reading(files=1))
    pair = first_pair(made)
    browser, path = as_user(pair.seat.user), f"/commission/dossiers/{pair.application.reference}/"
    answer = browser.post(
        path, {"autosave": "1", "version": "0", "note": NOTE, "proposed_amount": "12 000"}, headers=JSON
    )
    assert answer.status_code == 200, answer.content
    pair.refresh_from_db()
    assert (pair.note, pair.proposed_amount) == (NOTE, 1_200_000)
    page = text(browser.get(path))
    assert NOTE in page and 'value="12000"' in page
    response = browser.post(path, everything(made, version="1", note=NOTE, proposed_amount="12 000", act="submit"))
    assert response.status_code == 302
    content = pair.versions.get().content
    assert (content["note"], content["proposed_amount"]) == (NOTE, 1_200_000)
    mine = personal.personal(pair.seat.user)["reviews"]
    assert mine[0]["note"] == NOTE and mine[0]["proposed_amount"] == 1_200_000


@pytest.mark.parametrize("typed", ["douze mille", "12 000,50", "-3"])
def test_an_amount_that_cannot_be_read_holds_up_nothing_else(at, as_user, typed):
    made = partial(make.reading(files=1))
    pair = first_pair(made)
    browser, path = as_user(pair.seat.user), f"/commission/dossiers/{pair.application.reference}/"
    answer = browser.post(path, {"autosave": "1", "version": "0", "note": NOTE, "proposed_amount": typed}, headers=JSON)
    assert answer.status_code == 422 and answer.json()["version"] == 1
    response = browser.post(path, {"version": "1", "note": NOTE + " Vraiment.", "proposed_amount": typed})
    assert response.status_code == 422 and typed in text(response)
    pair.refresh_from_db()
    assert pair.note == NOTE + " Vraiment." and pair.proposed_amount is None


@pytest.mark.parametrize(("typed", "code"), [("9000", "below_minimum_viable"), ("18501", "award_above_request")])
def test_an_amount_outside_the_request_is_kept_but_not_filed(at, as_user, typed, code):
    made = partial(make.reading(files=1))
    pair = first_pair(made)
    path = f"/commission/dossiers/{pair.application.reference}/"
    response = as_user(pair.seat.user).post(
        path, everything(made, version="0", note=NOTE, proposed_amount=typed, act="submit")
    )
    assert response.status_code == 409 and f'value="{typed}"' in text(response)
    pair.refresh_from_db()
    assert pair.state == "in_progress" and pair.proposed_amount == int(typed) * 100
    with pytest.raises(Refusal) as refused:
        assignments.submit(assignment=pair, actor=pair.seat.user)
    assert refused.value.code == code


def test_a_project_without_a_minimum_is_proposed_whole_and_an_amount_is_taken_away(at):
    made = make.reading(files=1)
    pair = first_pair(made)
    row = assignments.save_draft(assignment=pair, actor=pair.seat.user, proposed_amount=1_850_000)
    assert row.proposed_amount == 1_850_000
    row = assignments.save_draft(assignment=pair, actor=pair.seat.user, note="Rien.")
    assert row.proposed_amount == 1_850_000
    assert assignments.save_draft(assignment=pair, actor=pair.seat.user, proposed_amount=0).proposed_amount is None
    with pytest.raises(Refusal) as refused:
        assignments.save_draft(assignment=pair, actor=pair.seat.user, proposed_amount=150)
    assert refused.value.code == "amount_not_whole"


def test_the_note_is_read_by_who_sees_the_reviews_and_never_by_the_applicant(at, as_user, api):
    made = partial(make.reading(files=1))
    pairs = list(Assignment.objects.select_related("seat__user", "application__call").order_by("pk"))
    mine, other = pairs[0], pairs[-1]
    path = f"/commission/dossiers/{mine.application.reference}/"
    assignments.save_draft(assignment=mine, actor=mine.seat.user, note=NOTE, proposed_amount=1_200_000)
    make.file_review(mine)
    assert NOTE not in text(as_user(other.seat.user).get(path))
    make.file_review(other)
    assert NOTE in text(as_user(other.seat.user).get(path))
    for row in pairs[1:-1]:
        make.file_review(row)
    made.panel = assignments.close_reading(panel=made.panel, actor=made.officer)
    found = api(other.seat.user).get(f"/api/v1/reviews/?application={mine.application.reference}").json()["results"]
    assert [row["note"] for row in found if row["id"] == mine.pk] == [NOTE]
    ranking = text(as_user(other.seat.user).get(f"/commission/classement/{made.call.slug}/"))
    assert "12\u202f000" in ranking
    team = mine.application.lead
    assert api(team).get(f"/api/v1/reviews/?application={mine.application.reference}").json()["results"] == []
    assert NOTE not in str(feedback.feedback(mine.application))


# ---- two windows ----


def test_two_windows_are_shown_both_texts_and_one_is_chosen(at, as_user):
    made = make.reading(files=1)
    pair = first_pair(made)
    browser, path = as_user(pair.seat.user), f"/commission/dossiers/{pair.application.reference}/"
    browser.post(path, {"autosave": "1", "version": "0", "score-besoin": "9", "why-besoin": "Mesuré."}, headers=JSON)
    stale = {"version": "0", "score-besoin": "2", "why-besoin": "Pas mesuré.", "note": NOTE}
    answer = browser.post(path, stale | {"autosave": "1"}, headers=JSON)
    facts = answer.json()
    assert answer.status_code == 409 and facts["code"] == "version_conflict" and facts["saved_at"]
    assert facts["theirs"]["scores"][0]["half_points"] == 9 and facts["by"] == str(pair.seat.user)
    response = browser.post(path, stale | {"go": "stay"})
    page = text(response)
    assert response.status_code == 409 and "4,5 · Mesuré." in page and "Pas mesuré." in page and NOTE in page
    assert 'name="version" value="1"' in page and 'data-unsaved="conflict"' in page
    assert browser.post(path, stale | {"version": "1", "go": "stay"}).status_code == 302
    pair.refresh_from_db()
    assert pair.note == NOTE and pair.scores.get(criterion__code="besoin").half_points == 2


def test_the_same_text_sent_twice_is_no_conflict(at, as_user):
    made = make.reading(files=1)
    pair = first_pair(made)
    browser, path = as_user(pair.seat.user), f"/commission/dossiers/{pair.application.reference}/"
    sent = {"autosave": "1", "version": "0", "score-besoin": "9", "why-besoin": "Mesuré. ", "note": NOTE}
    assert browser.post(path, sent, headers=JSON).json()["version"] == 1
    again = browser.post(path, sent, headers=JSON)
    assert again.status_code == 200 and again.json()["version"] == 1


@pytest.mark.parametrize(
    ("name", "most", "label"),
    [
        ("why-besoin", LONGEST_EXPLANATION, "Besoin"),
        ("comment", LONGEST_TEXT, "Un mot au porteur"),
        ("note", LONGEST_TEXT, "Une note pour la commission"),
    ],
)
def test_a_text_is_kept_whole_or_refused_and_never_cut(at, as_user, name, most, label):
    made = make.reading(files=1)
    pair = first_pair(made)
    browser, path = as_user(pair.seat.user), f"/commission/dossiers/{pair.application.reference}/"
    whole = (
        "é" * (most - 8) + "\r\n. Fin."
    )  # the end of a line counts for one sign, as the counter of the page counts it
    sent = everything(made, version="0", autosave="1") | {name: whole}
    assert browser.post(path, sent, headers=JSON).status_code == 200
    page = text(browser.get(path))
    assert whole.replace("\r\n", "\n") in page and f'data-limit="{most}"' in page
    sent = sent | {name: f"{whole}!!", "version": "1"}
    answer = browser.post(path, sent, headers=JSON)
    assert answer.status_code == 422 and answer.json()["code"] == "text_too_long" and label in answer.json()["detail"]
    del sent["autosave"]
    for act in ("save", "submit"):
        refused = browser.post(path, sent | {"act": act})
        assert refused.status_code == 422 and label in text(refused)
        assert f"{whole}!!".replace("\r\n", "\n") in text(refused).replace("\r\n", "\n")
    pair.refresh_from_db()
    assert pair.state == "in_progress" and pair.version == 1
    assert browser.post(path, sent | {name: whole, "act": "submit"}).status_code == 302


def test_a_program_is_held_to_the_same_lengths(at, api):
    made = make.reading(files=1)
    pair = first_pair(made)
    path, reader = f"/api/v1/reviews/{pair.pk}/", api(pair.seat.user)
    for scores, comment, status in [
        ("é" * LONGEST_EXPLANATION, "é" * LONGEST_TEXT, 200),
        ("é" * (LONGEST_EXPLANATION + 1), "", 400),
        ("", "é" * (LONGEST_TEXT + 1), 400),
    ]:
        body = {"scores": {"besoin": {"justification": scores}}, "comment": comment}
        assert reader.patch(path, body, format="json").status_code == status


# ---- order ----


def test_each_reads_in_an_order_of_his_own_or_by_reference(at, as_user):
    made = make.reading(files=12, members=3, alternates=0)
    orders = []
    for person in made.members[make.CIVIL]:
        mine = [row.application.reference for row in reviewing.my_assignments(person, made.panel)]
        assert mine == [row.application.reference for row in reviewing.my_assignments(person, made.panel)]
        orders.append(mine)
    assert any(order != sorted(order) for order in orders)
    person = made.members[make.CIVIL][0]
    mine = reviewing.my_assignments(person, made.panel)
    seen = [mine[0].application.reference]
    while (after := reviewing.next_after(person, made.panel, seen[-1])).application.reference not in seen:
        seen.append(after.application.reference)
    assert seen == [row.application.reference for row in mine]
    page = text(as_user(person).get("/commission/?ordre=reference"))
    ordered = sorted(seen)
    places = [page.index(f"dossiers/{reference}/?ordre=reference") for reference in ordered[1:]]
    assert places == sorted(places)
    page = text(as_user(person).get(f"/commission/dossiers/{ordered[0]}/?ordre=reference"))
    assert f'rel="next" href="/commission/dossiers/{ordered[1]}/?ordre=reference"' in page


# ---- the page ----


def test_the_ends_of_the_scale_and_an_index_stand_on_the_page(at, as_user):
    made = make.reading(files=1)
    pair = first_pair(made)
    page = text(as_user(pair.seat.user).get(f"/commission/dossiers/{pair.application.reference}/"))
    assert '<p class="anchors">' in page and 'href="#partie-project"' in page and 'href="#grille"' in page
    assert 'id="partie-project"' in page


def test_a_pdf_is_shown_beside_the_grid_by_our_pages_only(at, as_user):
    made = make.reading(files=1)
    pair = first_pair(made)
    application = pair.application
    piece = Attachment.objects.create(
        application=application,
        kind="other",
        name="lettre.pdf",
        file=SimpleUploadedFile("lettre.pdf", b"%PDF-1.4"),
        content_type="application/pdf",
        size=8,
        sha256="0" * 64,
        uploaded_by=application.lead,
        uploaded_at=at,
        first_filed_at=at,
        scan_state="clean",
    )
    content = application.content
    content.setdefault("documents", {})["files"] = [{"id": piece.pk}]
    type(application.filed_version).objects.filter(pk=application.filed_version_id).update(content=content)
    browser = as_user(pair.seat.user)
    page = browser.get(f"/commission/dossiers/{application.reference}/")
    where = f"/commission/dossiers/{application.reference}/pieces/{piece.pk}/"
    assert f'src="{where}?vue=1"' in text(page) and f'href="{where}"' in text(page)
    assert "frame-src 'self'" in page["Content-Security-Policy"]
    shown, taken = browser.get(f"{where}?vue=1"), browser.get(where)
    assert shown["X-Frame-Options"] == "SAMEORIGIN" and "frame-ancestors 'self'" in shown["Content-Security-Policy"]
    assert "default-src 'none'" in shown["Content-Security-Policy"] and "no-store" in shown["Cache-Control"]
    assert shown["Content-Disposition"].startswith("inline") and taken["Content-Disposition"].startswith("attachment")
    assert "sandbox" in taken["Content-Security-Policy"]
    assert as_user(User.objects.get(pk=made.officer.pk)).get(f"{where}?vue=1").status_code == 403


# ---- reminders ----


def test_readers_are_reminded_by_hand_once_a_day(at, as_user):
    made = make.reading(files=2)
    path, officer = f"/instruction/commission/{made.call.slug}/", as_user(made.officer)
    pair = first_pair(made)
    busy = set(Assignment.objects.filter(state="assigned").values_list("seat__user", flat=True))
    reminded = Mail.objects.filter(code="reviews/panel.reminder")
    one = {"act": "remind_readers", "remind_readers-seat": str(pair.seat_id)}
    assert officer.post(path, one).status_code == 302
    assert [mail.recipient_id for mail in reminded.all()] == [pair.seat.user_id]
    response = officer.post(path, one)
    assert response.status_code == 409 and "moins d’un jour" in text(response)
    assert officer.post(path, {"act": "remind_readers"}).status_code == 302
    assert sorted(mail.recipient_id for mail in reminded.all()) == sorted(busy)
    assert officer.post(path, {"act": "remind_readers"}).status_code == 409
    assert 'aria-disabled="true"' in text(officer.get(path))
    with time_machine.travel(at + timedelta(days=1), tick=False):
        assert as_user(made.officer).post(path, {"act": "remind_readers"}).status_code == 302
    assert reminded.count() == 2 * len(busy)


def test_a_program_reminds_a_reader_too(at, api):
    made = make.reading(files=1)
    pair, path = first_pair(made), f"/api/v1/panels/{made.call.slug}/remind_readers/"
    assert api(made.presidents[0]).post(path, {"seat": pair.seat_id}, format="json").status_code == 403
    assert api(made.officer).post(path, {"seat": 10**9}, format="json").status_code == 404
    assert api(made.officer).post(path, {"seat": pair.seat_id}, format="json").status_code == 200
    assert Mail.objects.get(code="reviews/panel.reminder").recipient_id == pair.seat.user_id
    again = api(made.officer).post(path, {"seat": pair.seat_id}, format="json")
    assert again.status_code == 409 and again.json()["code"] == "reminded_today"


def test_only_case_officers_remind_and_only_while_reading_is_open(at):
    made = make.reading(files=1)
    with pytest.raises(Refusal) as refused:
        reminders.remind_readers(panel=made.panel, actor=made.presidents[0])
    assert refused.value.code == "not_permitted"
    for row in Assignment.objects.select_related("seat__user", "application__call"):
        make.file_review(row)
    with pytest.raises(Refusal) as refused:
        reminders.remind_readers(panel=made.panel, actor=made.officer)
    assert refused.value.code == "nobody_to_remind"
    made.panel = assignments.close_reading(panel=made.panel, actor=made.officer)
    with pytest.raises(Refusal) as refused:
        reminders.remind_readers(panel=made.panel, actor=made.officer)
    assert refused.value.code == "not_allowed_in_state"


def test_the_clock_reminds_once_a_period_and_counts_as_a_reminder(at):
    made = make.reading(files=1)
    type(made.call).objects.filter(pk=made.call.pk).update(review_closes_at=at + timedelta(days=6))
    busy = Assignment.objects.filter(state="assigned").values("seat__user").distinct().count()
    assert tasks.remind_readers(at, User.objects.system()) == busy
    assert tasks.remind_readers(at, User.objects.system()) == 0
    with pytest.raises(Refusal) as refused:
        reminders.remind_readers(panel=made.panel, actor=made.officer, at=at)
    assert refused.value.code == "reminded_today"


# ---- earlier grants ----


def test_public_grants_of_the_same_organisation_are_linked_but_in_a_blind_call(at, as_user):
    before = make.reviewed(make.world(files=2))
    granted, refused = before.files
    make.decided(before, granted, "selected")
    make.decided(before, refused, "rejected")
    made = make.reading(files=1)
    pair = first_pair(made)
    application = pair.application
    ours = {"organisation": application.organisation_id}
    assert application.organisation_id and Application.objects.filter(call=before.call).update(**ours) == 2
    browser, path = as_user(pair.seat.user), f"/commission/dossiers/{application.reference}/"
    assert f"/projets/{granted.reference}/" not in text(browser.get(path))  # decided, not notified: not public
    Decision.objects.filter(application__call=before.call).update(state="notified", signed_at=at, notified_at=at)
    page = text(browser.get(path))
    assert f"/projets/{granted.reference}/" in page and refused.reference not in page
    type(made.call).objects.filter(pk=made.call.pk).update(blind=True)
    assert granted.reference not in text(browser.get(path))
