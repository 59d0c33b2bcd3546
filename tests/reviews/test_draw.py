"""The public draw: only if the rules say so, only between equals, bound before its seed exists, made by two, done again by anyone."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from core.transitions import Refusal
from fund.models import Call
from reviews import drawing
from reviews.models import Decision, MinutesSection
from reviews.models.meeting import Draw
from reviews.queries import meetings as queries
from reviews.transitions import draws, meetings
from tests.environment import ROOT
from tests.factories import meetings as hold
from tests.factories import reviews as make

pytestmark = pytest.mark.django_db
SEED = "5 12 33 41 49"


def refused(code, call, **params):
    with pytest.raises(Refusal) as caught:
        call(**params)
    assert caught.value.code == code, caught.value.code
    return caught.value


def tied(**rules):
    """Three files: two of them equal at the first rank; the envelope holds one and a part of nothing."""
    facts = {"tie_draw": True, "files": 3, "envelope": 1_850_000, **rules}
    return hold.planned(make.reviewed(make.world(**facts), points=[8, 8, 4]))


def announce(made, meeting, **more):
    facts = {"rank": 1, "source": "Loto", "source_on": timezone.localdate() + timedelta(days=2), **more}
    return draws.announce_draw(meeting=meeting, actor=made.officer, **facts)


def drawn(made, meeting):
    announce(made, meeting)
    draw = Draw.objects.get()
    later = timezone.now() + timedelta(days=3)
    for person in made.presidents:
        draws.give_seed(meeting=meeting, actor=person, at=later, draw=draw.pk, seed=SEED)
    return Draw.objects.get()


def test_without_the_rule_there_is_no_draw(as_user):
    made, meeting = tied(tie_draw=False)
    assert "vote" in str(refused("draw_not_in_rules", announce, made=made, meeting=meeting))
    assert as_user(made.officer).get(f"/instruction/seances/{meeting.pk}/tirages/").status_code == 404


def test_only_equals_with_a_source_to_come():
    made, meeting = tied()
    refused("no_tie", announce, made=made, meeting=meeting, rank=3)
    refused("no_tie", announce, made=made, meeting=meeting, rank=None)
    refused("source_missing", announce, made=made, meeting=meeting, source=" ")
    refused("source_not_to_come", announce, made=made, meeting=meeting, source_on=timezone.localdate())
    refused("source_not_to_come", announce, made=made, meeting=meeting, source_on=None)
    announce(made, meeting)
    refused("draw_announced", announce, made=made, meeting=meeting)


def test_a_recused_president_has_no_part_in_it():
    made, meeting = tied()
    hold.recuse(made.presidents[0], made.files[2])
    refused(
        "chair_is_recused",
        draws.announce_draw,
        meeting=meeting,
        actor=made.presidents[0],
        rank=1,
        source="Loto",
        source_on=timezone.localdate() + timedelta(days=2),
    )


def test_two_presidents_read_the_same_seed_once_it_exists():
    made, meeting = tied()
    announce(made, meeting)
    draw, (civil, state) = Draw.objects.get(), made.presidents
    facts = {"meeting": meeting, "draw": draw.pk}
    refused("source_not_there", draws.give_seed, actor=civil, seed=SEED, **facts)
    later = timezone.now() + timedelta(days=3)
    refused("not_permitted", draws.give_seed, actor=made.officer, at=later, seed=SEED, **facts)
    refused("seed_missing", draws.give_seed, actor=civil, at=later, seed=" ", **facts)
    refused("draw_unknown", draws.give_seed, actor=civil, at=later, seed=SEED, meeting=meeting, draw=0)
    draws.give_seed(actor=civil, at=later, seed="5 12", **facts)
    refused("seeds_differ", draws.give_seed, actor=state, at=later, seed=SEED, **facts)
    draws.give_seed(actor=civil, at=later, seed=SEED, **facts)
    assert Draw.objects.get().drawn_at is None
    draws.give_seed(actor=state, at=later, seed=SEED, **facts)
    draw = Draw.objects.get()
    assert draw.order == drawing.order(SEED, draw.pool) and draw.seed == SEED
    refused("drawn", draws.give_seed, actor=civil, at=later, seed="x", **facts)
    with pytest.raises(IntegrityError), transaction.atomic():
        Draw.objects.update(state_seed="autre")


def test_the_list_follows_the_draw_and_the_papers_say_it():
    made, meeting = tied()
    ranks = queries.ranking(meeting)
    assert sorted(rank.number for rank in ranks.values()) == [1, 1, 3]
    meeting = meetings.convene(meeting=meeting, actor=made.officer)
    draw = drawn(made, meeting)
    ranks = queries.ranking(meeting)
    by_reference = {row.reference: ranks[row.pk] for row in made.files}
    assert [by_reference[reference].number for reference in draw.order] == [1, 2]
    assert not any(rank.shared for rank in ranks.values())
    made, meeting, at = hold.opened(made, meeting=meeting)
    meeting = hold.all_agreed(made, meeting, at)
    waiting = [row for row in made.files if row.reference != draw.order[0]]
    lines = [{"item": hold.item_of(meeting, row).pk, "grounds": "L’enveloppe ne suffit plus."} for row in waiting]
    meeting = meetings.adopt_list(meeting=meeting, actor=made.presidents[0], at=at, lines=lines)
    first, second = (Decision.objects.get(application__reference=reference) for reference in draw.order)
    assert (first.outcome, second.outcome) == ("selected", "reserve")
    assert (
        draw.commitment in second.details["tie_rule"] and first.application.reference not in second.details["tie_rule"]
    )
    for president in made.presidents:
        meeting = meetings.close(meeting=meeting, actor=president, at=at)
    part = MinutesSection.objects.get(item__application=second.application)
    assert "départagé par tirage au sort public" in part.text and first.application.reference not in part.text
    told = f"/appels/{made.call.slug}/commission/"
    page = Client().get(told).content.decode()
    assert draw.commitment in page and "Loto" in page
    assert not any(secret in page for secret in (*draw.pool, draw.nonce))
    Call.objects.filter(pk=made.call.pk).update(state="decided", decided_at=at)
    page = Client().get(told).content.decode()
    assert all(shown in page for shown in (*draw.pool, draw.nonce, SEED, "recompute_draw.py"))


def test_without_a_draw_equals_across_the_line_wait_for_a_vote():
    made, meeting = tied()
    made, meeting, at = hold.opened(made, meeting=meetings.convene(meeting=meeting, actor=made.officer))
    hold.all_agreed(made, meeting, at)
    refused("tie_unresolved", meetings.adopt_list, meeting=meeting, actor=made.presidents[0], at=at)


def test_anyone_does_it_again_with_the_script():
    pool = ["FP-2026-AAAAAAAA", "FP-2026-BBBBBBBB", "FP-2026-CCCCCCCC"]
    bound = drawing.commitment("ab", pool)
    command = [sys.executable, "-I", str(ROOT / "docs" / "recompute_draw.py"), SEED, *reversed(pool), "--nonce", "ab"]
    good = subprocess.run([*command, "--commitment", bound], capture_output=True, text=True, check=True)
    assert [line.split()[1] for line in good.stdout.splitlines()] == drawing.order(SEED, pool)
    bad = subprocess.run([*command, "--commitment", "0" * 64], capture_output=True, text=True, check=False)
    assert bad.returncode == 1 and "not the list" in bad.stdout
    assert Client().get("/donnees/recompute_draw.py").getvalue().decode().startswith('"""Do a public draw again')


def test_the_pages_announce_and_draw(as_user):
    made, meeting = tied()
    desk = as_user(made.officer)
    address = f"/instruction/seances/{meeting.pk}/tirages/"
    assert desk.get(address).status_code == 200
    wrong = desk.post(address, {"act": "announce_draw", "rank": "1", "source": "Loto du 3", "source_on": "2020-01-01"})
    assert wrong.status_code == 422 and "Loto du 3" in wrong.content.decode()
    day = timezone.localdate() + timedelta(days=1)
    good = desk.post(
        address, {"act": "announce_draw", "rank": "1", "source": "Loto du 3", "source_on": day.isoformat()}
    )
    assert good.status_code == 302 and Draw.objects.get().commitment in desk.get(address).content.decode()
    hold.recuse(made.presidents[1], made.files[0])
    closed = as_user(made.presidents[1]).get(f"/commission/seances/{meeting.pk}/tirages/").content.decode()
    assert made.files[0].reference not in closed and made.files[1].reference not in closed
