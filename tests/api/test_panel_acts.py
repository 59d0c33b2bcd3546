"""The acts of a meeting that move no state, the ranking and the simulations over the API: the same functions as the pages, the same closed doors."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from reviews.models import AgendaItem, Declaration, Meeting, Simulation
from reviews.models.meeting import ClearPoint, Dissent, Draw
from reviews.queries import meetings as queries
from reviews.transitions import declarations
from tests.factories import meetings as room
from tests.factories import reviews as panel
from tests.factories.core import UserFactory
from tests.reviews.test_clear import items, scored
from tests.reviews.test_dissents import voted
from tests.reviews.test_draw import SEED, tied
from tests.reviews.test_meeting_pages import with_recusal

pytestmark = pytest.mark.django_db
API = "/api/v1"
CIVIL, STATE = panel.CIVIL, panel.STATE


def post(client, path, **body):
    return client.post(f"{API}/{path}", body, format="json")


def test_clear_files_from_the_proposal_to_the_list(at, token):
    made, meeting, at = room.opened(scored([(8, 8)] * 3))
    first, second, third = items(meeting)
    base = f"meetings/{meeting.pk}"
    with time_machine.travel(at, tick=False):
        chair, other = token(made.presidents[0]), token(made.presidents[1])
        member, officer = token(made.members[STATE][2]), token(made.officer)
        assert [one["clear"] for one in chair.get(f"{API}/{base}/clear_files/").json()["candidates"]] == [True] * 3
        assert member.get(f"{API}/{base}/clear_files/").json() == {"points": [], "candidates": []}
        assert post(member, f"{base}/propose_clear/", items=[first.pk]).status_code == 403
        assert post(chair, f"{base}/propose_clear/", items=[10**9]).status_code == 400
        chosen = [one.pk for one in (first, second, third)]
        assert post(chair, f"{base}/propose_clear/", items=chosen).status_code == 200
        assert post(officer, f"agenda-items/{third.pk}/take_out/").status_code == 403
        assert post(member, f"agenda-items/{third.pk}/take_out/").status_code == 200
        wrong = post(other, f"{base}/put_clear/", grounds={"nothing": "x"})
        assert wrong.status_code == 400 and "{" not in wrong.json()["errors"]["grounds"]["nothing"][0]["detail"]
        done = post(other, f"{base}/put_clear/", grounds={"selected": "Un besoin établi."})
        assert done.status_code == 200, done.content
        seen = member.get(f"{API}/{base}/clear_files/").json()["points"]
        assert [(one["item"], bool(one["put_at"])) for one in seen] == [
            (first.pk, True),
            (second.pk, True),
            (third.pk, False),
        ]
        room.agreed(made, AgendaItem.objects.get(pk=third.pk), at, proposal="rejected")
        lines = [{"item": third.pk, "grounds": "Rien n’est prêt."}]
        assert post(member, f"{base}/adopt_list/", lines=lines).status_code == 403
        wrong = post(chair, f"{base}/adopt_list/", lines=[{"item": third.pk, "outcome": "eligible"}])
        assert wrong.status_code == 400 and wrong.json()["errors"]["lines"]
        listed = post(chair, f"{base}/adopt_list/", lines=lines)
        assert listed.status_code == 200, listed.content
    assert Meeting.objects.get().list_adopted_at and ClearPoint.objects.filter(put_at__isnull=False).count() == 2


def test_a_draw_announced_and_given_its_seed_twice(at, token):
    made, meeting = tied()
    base, day = f"meetings/{meeting.pk}", timezone.localdate() + timedelta(days=2)
    officer, chairs = token(made.officer), [token(person) for person in made.presidents]
    assert (
        post(
            token(made.members[CIVIL][2]), f"{base}/announce_draw/", rank=1, source="Loto", source_on=str(day)
        ).status_code
        == 403
    )
    assert post(officer, f"{base}/announce_draw/", rank=3, source="Loto", source_on=str(day)).json()["code"] == "no_tie"
    assert post(officer, f"{base}/announce_draw/", rank=1, source="Loto", source_on=str(day)).status_code == 200
    [seen] = chairs[0].get(f"{API}/{base}/draws/").json()
    assert seen["seed"] == "" and "nonce" not in seen
    with time_machine.travel(timezone.now() + timedelta(days=3), tick=False):
        assert post(officer, f"{base}/give_seed/", draw=seen["id"], seed=SEED).status_code == 403
        for chair in chairs:
            assert post(chair, f"{base}/give_seed/", draw=seen["id"], seed=SEED).status_code == 200
    assert (
        Draw.objects.get().order
        and chairs[0].get(f"{API}/{base}/draws/").json()[0]["order"] == Draw.objects.get().order
    )


def test_a_dissent_a_departure_and_a_new_place(at, token):
    made, meeting, at = room.opened(files=2, members=3, reviews_per_college=1)
    item = voted(made, meeting, at, civil="ffa", state="ff-")
    path = f"agenda-items/{item.pk}"
    other = 3 - queries.ranking(meeting)[item.application_id].number
    with time_machine.travel(at, tick=False):
        against = token(made.members[CIVIL][2])
        assert post(token(made.presidents[0]), f"{path}/sign_dissent/", text="Non.").json()["code"] == "did_not_dissent"
        assert post(against, f"{path}/sign_dissent/", text="Le coût n’est pas établi.").status_code == 200
        assert Dissent.objects.get().text == "Le coût n’est pas établi."
        assert post(against, f"{path}/move/", place=1, reason="Non.").status_code == 403
        assert (
            post(token(made.presidents[0]), f"{path}/move/", place=other, reason="").json()["code"] == "reason_missing"
        )
        assert post(token(made.presidents[0]), f"{path}/move/", place=other, reason="Le calendrier.").status_code == 200
        assert AgendaItem.objects.get(pk=item.pk).place == other
        note = post(token(made.officer), f"{path}/note/", debate="Deux questions.")
        assert note.status_code == 200 and AgendaItem.objects.get(pk=item.pk).debate == "Deux questions."
        seat = made.seat(made.members[STATE][1])
        assert post(token(made.officer), f"{path}/step_out/", seat=seat.pk).json()["code"] == "not_allowed_in_state"


def test_the_minutes_by_sections_without_those_that_are_closed(at, token):
    made, recused, first = with_recusal(STATE, 1, files=2, members=2, alternates=1)
    made, meeting, at = room.closed(made, absent=(recused,))
    path = f"meetings/{meeting.pk}/minutes_sections/"
    mine = {one["position"]: one for one in token(recused).get(f"{API}/{path}").json()}
    all_ = {one["position"]: one for one in token(made.presidents[0]).get(f"{API}/{path}").json()}
    closed = [number for number, one in mine.items() if one["closed"]]
    assert [all_[number]["application"] for number in closed] == [first.reference] and all_[closed[0]]["text"]
    assert all(mine[number][name] is None for number in closed for name in ("title", "text", "hash"))
    signing = post(token(made.presidents[0]), f"meetings/{meeting.pk}/sign_minutes/")
    assert signing.status_code == 403 and signing.json()["code"] == "reauthentication_needed", signing.content
    position = next(number for number, one in all_.items() if one["application"] is None)
    revised = post(
        token(made.officer),
        f"meetings/{meeting.pk}/revise_minutes/",
        sections=[{"position": position, "text": "Relu."}],
    )
    assert revised.status_code == 200, revised.content
    assert (
        post(
            token(made.presidents[1]), f"meetings/{meeting.pk}/refuse_minutes/", reason="Un vote y manque."
        ).status_code
        == 200
    )


def test_the_ranking_is_counted_over_what_one_may_see(at, token):
    made, recused, first = with_recusal(STATE, 1, files=3, members=2, alternates=1)
    path = f"{API}/panels/{made.call.slug}/ranking/"
    whole = token(made.officer).get(path).json()
    assert len(whole) == 3 and whole[0]["rank"] == 1 and whole[0]["score"]
    seen = token(recused).get(path).json()
    assert len(seen) == 2 and first.reference not in str(seen)
    assert token(UserFactory()).get(path).status_code == 404
    before = panel.reading(files=2)
    assert token(before.officer).get(f"{API}/panels/{before.call.slug}/ranking/").json() == []


@pytest.mark.parametrize("files", [1, 20])
def test_the_ranking_costs_the_same_for_any_number(at, token, django_assert_num_queries, files):
    made = panel.reviewed(panel.world(files=files, members=2, alternates=0, reviews_per_college=1))
    client = token(made.officer)
    with django_assert_num_queries(RANKING):
        assert len(client.get(f"{API}/panels/{made.call.slug}/ranking/").json()) == files


RANKING = 15


def test_simulations_are_made_changed_shared_and_dropped(at, token):
    made = panel.reviewed(panel.world(files=3, members=2, alternates=0, reviews_per_college=1, envelope=4_000_000))
    base = f"panels/{made.call.slug}/simulations"
    chair, member = token(made.presidents[0]), token(made.members[CIVIL][1])
    assert post(member, f"{base}/", name="Essai").status_code == 403
    new = post(chair, f"{base}/", name="Essai")
    assert new.status_code == 201 and new.json()["total"] == 3_700_000 and new.json()["left"] == 300_000
    number, reference = new.json()["id"], new.json()["lines"][0]["application"]
    changed = post(chair, f"{base}/{number}/revise/", name="Sans le premier", amounts={reference: 0})
    assert changed.json()["total"] == 1_850_000
    assert post(chair, f"{base}/{number}/revise/", name="x", amounts={"FP-2026-00000000": 0}).status_code == 400
    assert member.get(f"{API}/{base}/").json() == [] and member.get(f"{API}/{base}/{number}/").status_code == 404
    assert post(chair, f"{base}/{number}/share/").status_code == 200
    assert [one["id"] for one in member.get(f"{API}/{base}/").json()] == [number]
    assert post(member, f"{base}/{number}/revise/", name="x").status_code == 403
    copied = post(chair, f"{base}/{number}/copy/")
    assert copied.status_code == 201 and copied.json()["id"] != number
    assert post(chair, f"{base}/{number}/drop/").json() == {"done": "drop"}
    assert list(Simulation.objects.values_list("pk", flat=True)) == [copied.json()["id"]]


def test_a_simulation_over_a_closed_file_does_not_exist(at, token):
    made = panel.reviewed(panel.world(files=3, members=2, alternates=0, reviews_per_college=1))
    base = f"panels/{made.call.slug}/simulations"
    number = post(token(made.presidents[0]), f"{base}/", name="Essai").json()["id"]
    other = made.presidents[1]
    assert token(other).get(f"{API}/{base}/{number}/").status_code == 200
    mine = Declaration.objects.get(user=other, application=made.files[0])
    declarations.declare_interest(declaration=mine, actor=other, ground="family_tie")
    assert token(other).get(f"{API}/{base}/{number}/").status_code == 404
    assert post(token(other), f"{base}/{number}/copy/").status_code == 404


def test_a_seat_ends_and_another_is_filled(at, token):
    made = panel.under_review(files=2)
    base, officer = f"panels/{made.call.slug}", token(made.officer)
    leaving = made.members[STATE][2]
    assert (
        post(
            token(made.presidents[0]), f"{base}/end_seat/", seat=made.seat(leaving).pk, cause="resignation"
        ).status_code
        == 403
    )
    done = post(officer, f"{base}/end_seat/", seat=made.seat(leaving).pk, cause="resignation")
    assert done.status_code == 200 and str(leaving) not in str(done.json()["seats"])
    alternate = made.alternates[STATE][0]
    unknown = post(officer, f"{base}/appoint/", person="x@ici.example", college=STATE, kind="full_member")
    assert unknown.json()["code"] == "person_unknown"
    filled = post(officer, f"{base}/appoint/", person=alternate.email, college=STATE, kind="full_member")
    assert filled.status_code == 200, filled.content
    assert (str(alternate), "full_member") in {(one["name"], one["kind"]) for one in filled.json()["seats"]}
    assert post(token(alternate), f"{base}/say_gender/", gender="woman").status_code == 200
