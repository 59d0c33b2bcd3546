"""What stands beside the ranking: the calibrated score, the reasons to discuss, the requests of members, the order proposed for the agenda."""

from __future__ import annotations

import random
import re
import time
from datetime import timedelta
from fractions import Fraction

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from applications.models import Application
from core.transitions import Refusal
from reviews import calibration, queries, scoring
from reviews.models import Assignment, Declaration, DiscussionRequest, Score
from reviews.queries.advice import advice
from reviews.queries.session import choices_for
from reviews.scoring import Ballot, Weight
from reviews.transitions import assignments, declarations, discussions, meetings, withdrawals
from tests.factories import reviews as make

CIVIL, STATE = make.CIVIL, make.STATE
WEIGHTS = [Weight("need", 30), Weight("method", 25), Weight("team", 20), Weight("reuse", 15), Weight("cost", 10)]
CODES = [weight.code for weight in WEIGHTS]
A_THOUSANDTH = Fraction(1, calibration.THOUSANDTHS)

patient = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
points = st.none() | st.integers(0, 10)


@st.composite
def calls(draw, values=points):
    """Up to eight files read by up to three of four readers in each college."""
    found = {}
    for number in range(draw(st.integers(1, 8))):
        ballots = []
        for college, first in ((CIVIL, 10), (STATE, 20)):
            readers = draw(st.lists(st.integers(first, first + 3), unique=True, max_size=3))
            ballots += [Ballot(college, {code: draw(values) for code in CODES}, reader) for reader in readers]
        found[number] = ballots
    return found


# ---- calibration, as a pure function ----


@patient
@given(calls(), st.randoms())
def test_no_order_changes_a_leniency(call, chance):
    files = list(call.items())
    chance.shuffle(files)
    shuffled = {name: chance.sample(ballots, len(ballots)) for name, ballots in files}
    assert calibration.leniencies(shuffled, WEIGHTS) == calibration.leniencies(call, WEIGHTS)


@patient
@given(calls(st.just(0)), st.lists(st.integers(0, 10), min_size=8, max_size=8))
def test_nobody_is_corrected_when_all_agree(call, marks):
    """Even when the colleges part: what parts them is not their readers' leniency."""
    agreed = {
        number: [Ballot(one.college, dict.fromkeys(CODES, marks[number]), one.reader) for one in ballots]
        for number, ballots in call.items()
    }
    assert not any(calibration.leniencies(agreed, WEIGHTS).values())
    for ballots in agreed.values():
        found = scoring.score(ballots, WEIGHTS)
        assert calibration.advisory(found, ballots, WEIGHTS, {}) == found.value


@patient
@given(calls())
def test_no_weight_moves_between_the_colleges(call):
    """Leniencies sum to zero in each college, whoever read what."""
    lenient = calibration.leniencies(call, WEIGHTS)
    for first in (10, 20):
        own = [value for reader, value in lenient.items() if first <= reader < first + 10]
        assert abs(sum(own, Fraction(0))) <= A_THOUSANDTH / 2 * len(own)


@patient
@given(calls(st.integers(0, 6)), st.integers(0, 4))
def test_a_harsher_college_is_no_leniency(call, harsher):
    """One college that scores everything lower leaves every leniency as it was."""
    moved = {
        number: [
            Ballot(one.college, {code: mark + harsher for code, mark in one.half_points.items()}, one.reader)
            if one.college == CIVIL
            else one
            for one in ballots
        ]
        for number, ballots in call.items()
    }
    assert calibration.leniencies(moved, WEIGHTS) == calibration.leniencies(call, WEIGHTS)


@patient
@given(calls())
def test_the_calibrated_score_stays_a_score(call):
    lenient = calibration.leniencies(call, WEIGHTS)
    for ballots in call.values():
        found = scoring.score(ballots, WEIGHTS)
        value = calibration.advisory(found, ballots, WEIGHTS, lenient)
        assert (value is None) == (not found.complete)
        assert value is None or 0 <= value <= 5


def alike(college, reader, mark):
    return Ballot(college, dict.fromkeys(CODES, mark), reader)


def test_by_hand():
    """Two readers of a college, four files, one always a point above: with three neutral reviews more each, the half points become 2/7."""
    call = {
        number: [alike(CIVIL, 1, 8), alike(CIVIL, 2, 6), alike(STATE, 3, 7), alike(STATE, 4, 7)] for number in range(4)
    }
    assert calibration.leniencies(call, WEIGHTS) == {
        1: Fraction(286, 1000),
        2: Fraction(-286, 1000),
        3: Fraction(0),
        4: Fraction(0),
    }
    assert calibration.standard_error(call, WEIGHTS) == pytest.approx(0.5)
    found = scoring.score(call[0], WEIGHTS)
    assert calibration.error_of(found, 0.5) == pytest.approx(0.25)
    lone = [alike(CIVIL, 1, 8), alike(STATE, 3, 7), alike(STATE, 4, 7)]
    value = calibration.advisory(scoring.score(lone, WEIGHTS), lone, WEIGHTS, calibration.leniencies(call, WEIGHTS))
    assert value == Fraction(375, 100) - Fraction(143, 1000)


def test_a_large_call_is_calibrated_at_once():
    """300 files and 30 readers: the system is solved well under the half second a page may take."""
    chance = random.Random(1)  # noqa: S311
    call = {
        number: [
            Ballot(college, {code: chance.randint(2, 9) for code in CODES}, first + reader)
            for college, first in ((CIVIL, 0), (STATE, 100))
            for reader in chance.sample(range(15), 2)
        ]
        for number in range(300)
    }
    started = time.process_time()
    assert len(calibration.leniencies(call, WEIGHTS)) == 30
    assert time.process_time() - started < 0.5


# ---- beside the ranking ----


def split(made, *, civil: int, state: int, application=None) -> None:
    """Every assigned review of the file is filed with one mark a college."""
    for row in Assignment.objects.filter(state="assigned", application=application).select_related(
        "seat__user", "application__call"
    ):
        make.file_review(row, civil if row.seat.college == CIVIL else state)


def closed(made):
    made.panel = assignments.close_reading(panel=made.panel, actor=made.officer)
    return made


def of(found, application):
    return next(row for row in found.rows if row.line.application.pk == application.pk)


@pytest.mark.django_db
def test_the_reasons_are_said_in_words(at):
    made = make.reading(files=3)
    agreed, parted, silent = made.files
    split(made, civil=7, state=7, application=agreed)
    split(made, civil=9, state=4, application=parted)
    for row in Assignment.objects.filter(application=silent, state="assigned").select_related("seat__user"):
        if row.seat.college == CIVIL:
            make.file_review(row, 6)
        else:
            assignments.decline(assignment=row, actor=row.seat.user, reason="Plus le temps.")
    assert advice(made.panel, queries.ranking(made.panel)).rows == []
    closed(made)
    with translation.override("en"):
        found = advice(made.panel, queries.ranking(made.panel, made.officer))
    assert of(found, agreed).reasons == []
    assert of(found, parted).reasons == ["The colleges differ by 2.50", "The readers differ by 2.50"]
    assert of(found, silent).reasons == ["Incomplete: no review by “State”"]
    assert of(found, silent).calibrated == "" and of(found, parted).gap == "+2.50"
    assert found.own is None and found.to_discuss == 2


@pytest.mark.django_db
def test_the_line_of_the_envelope_and_what_would_cross_it(at):
    """The envelope pays two files of three. The second owes its place to a reader who is lenient everywhere: calibrated, the third passes it."""
    made = make.reading(files=9, members=3, envelope=4_000_000, requested=1_850_000)
    lenient = made.seat(made.members[CIVIL][0]).pk
    rows = list(Assignment.objects.filter(state="assigned").select_related("seat__user", "application__call"))
    his = {row.application_id for row in rows if row.seat_id == lenient}
    second = next(row for row in made.files if row.pk in his)
    first, third = [row for row in made.files if row.pk not in his][:2]
    marks, need = {first.pk: 8, second.pk: 6, third.pk: 6}, {third.pk: 7}
    for row in rows:
        mark = marks.get(row.application_id, 4) + 2 * (row.seat_id == lenient)
        make.file_review(row, mark, besoin=need.get(row.application_id, mark))
    closed(made)
    with translation.override("en"):
        found = advice(made.panel, queries.ranking(made.panel, made.officer))
    assert [row.line.application for row in found.rows][:3] == [first, second, third]
    assert found.line == (of(found, second).line.score.value + of(found, third).line.score.value) / 2
    assert "At the line, within the margin of chance" in of(found, third).reasons
    assert of(found, first).reasons == []
    assert [row.line.application for row in found.comes_in] == [third]
    assert [row.line.application for row in found.goes_out] == [second]
    # an envelope that reaches them all has no line
    assert advice(made.panel, queries.ranking(made.panel, made.officer), free=20_000_000).line is None


@pytest.mark.django_db
def test_a_member_reads_his_own_leniency_and_nobody_elses(at, as_user):
    made = make.reading(files=4, members=2)
    high = made.members[CIVIL][1]
    for row in Assignment.objects.filter(state="assigned").select_related("seat__user", "application__call"):
        make.file_review(row, 8 if row.seat.user_id == high.pk else 6)
    closed(made)
    page = as_user(high).get(f"/en/commission/classement/{made.call.slug}/").content.decode()
    assert "You score 0.29 above colleagues on the same applications." in page
    colleague = made.members[CIVIL][0]
    page = as_user(colleague).get(f"/en/commission/classement/{made.call.slug}/").content.decode()
    assert "You score 0.29 below colleagues" in page and "above colleagues" not in page
    page = as_user(made.officer).get(f"/en/instruction/commission/{made.call.slug}/classement/").content.decode()
    assert "How these figures are counted" in page and "colleagues on the same" not in page


@pytest.mark.django_db
def test_a_recused_file_weighs_on_nothing_that_is_shown(at, as_user):
    """Two worlds that differ by the reviews of the closed file, and by a request on it, give the same bytes."""
    made = make.under_review(files=4, members=3)
    member = made.members[STATE][1]
    hidden = made.files[0]
    mine = Declaration.objects.get(user=member, application=hidden)
    declarations.declare_interest(declaration=mine, actor=member, ground="family_tie")
    made.panel = assignments.assign(panel=made.panel, actor=made.officer)
    for place, application in enumerate(made.files):
        split(made, civil=9 - place, state=6, application=application)
    closed(made)
    path = f"/commission/classement/{made.call.slug}/"

    def seen():
        page = as_user(member).get(path).content.decode()
        return re.sub(r'(csrfmiddlewaretoken|nonce|name="once"|once)[^>]*', "", page)

    before = seen()
    Score.objects.filter(assignment__application=hidden).update(half_points=0)
    other = made.members[CIVIL][0]
    discussions.ask_discussion(panel=made.panel, actor=other, application=hidden, reason="Ce dossier divise.")
    assert seen() == before
    with pytest.raises(Refusal) as refused:
        discussions.ask_discussion(panel=made.panel, actor=member, application=hidden, reason="Le mien.")
    assert refused.value.code == "recused"


# ---- pulling a file up ----


@pytest.mark.django_db
def test_a_member_pulls_a_file_up(at, as_user):
    made = make.reviewed(files=3, points=[7, 6, 5])
    member, last = made.members[STATE][1], made.files[2]
    path = f"/commission/classement/{made.call.slug}/"
    browser = as_user(member)
    response = browser.post(path, {"ask_discussion-application": last.pk, "ask_discussion-reason": " "})
    assert response.status_code == 422 and not DiscussionRequest.objects.exists()
    response = browser.post(path, {"ask_discussion-application": "", "ask_discussion-reason": "Ma raison."})
    assert response.status_code == 422 and "Ma raison." in response.content.decode()
    for reason in ("Le besoin est mal compris.", "La cible est plus large."):
        response = browser.post(path, {"ask_discussion-application": last.pk, "ask_discussion-reason": reason})
        assert response.status_code == 302
    assert DiscussionRequest.objects.get().reason == "La cible est plus large."
    assert "La cible est plus large." in as_user(made.members[CIVIL][1]).get(path).content.decode()
    with translation.override("en"):
        found = advice(made.panel, queries.ranking(made.panel, made.officer))
    assert of(found, last).reasons == ["A member asks for it"]
    # it goes on top of the agenda's proposal; recused since, what he asked no longer stands
    assert [one.application for one in choices_for(made.call, made.officer)][0] == last
    page = as_user(made.officer).get(f"/instruction/commission/{made.call.slug}/convoquer/").content.decode()
    assert "La cible est plus large." in page
    mine = Declaration.objects.get(user=member, application=last)
    declarations.declare_interest(declaration=mine, actor=member, ground="family_tie")
    assert of(advice(made.panel, queries.ranking(made.panel, made.officer)), last).reasons == []


@pytest.mark.django_db
def test_who_may_pull_a_file_up_and_when(at):
    made = make.reading(files=1)
    member, application = made.members[CIVIL][1], made.files[0]
    with pytest.raises(Refusal) as refused:
        discussions.ask_discussion(panel=made.panel, actor=member, application=application, reason="Tôt.")
    assert refused.value.code == "not_allowed_in_state"
    split(made, civil=7, state=7, application=application)
    closed(made)
    with pytest.raises(Refusal) as refused:
        discussions.ask_discussion(panel=made.panel, actor=made.officer, application=application, reason="Moi.")
    assert refused.value.code == "not_permitted"
    with pytest.raises(Refusal) as refused:
        discussions.ask_discussion(panel=made.panel, actor=member, application=application, reason=" ")
    assert refused.value.code == "reason_missing"
    withdrawals.withdraw_from_review(application=application, actor=application.lead)
    with pytest.raises(Refusal) as refused:
        discussions.ask_discussion(
            panel=made.panel,
            actor=member,
            application=Application.objects.get(pk=application.pk),
            reason="Parti.",
        )
    assert refused.value.code == "file_not_under_review"


# ---- the agenda ----


@pytest.mark.django_db
def test_the_proposed_agenda_leads_with_what_divides(at, as_user):
    made = make.reading(files=3)
    best, middle, parted = made.files
    split(made, civil=9, state=9, application=best)
    split(made, civil=8, state=8, application=middle)
    split(made, civil=8, state=4, application=parted)
    closed(made)
    assert [one.application for one in choices_for(made.call, made.officer)] == [parted, best, middle]
    officer, path = as_user(made.officer), f"/en/instruction/commission/{made.call.slug}/convoquer/"
    page = officer.get(path).content.decode()
    assert (
        page.index("To discuss first")
        < page.index(parted.reference)
        < page.index("Clear<")
        < page.index(best.reference)
    )
    # the agenda that is sent names them by reference: its order tells nobody a rank
    meeting = meetings.plan(
        call=made.call, actor=made.officer, planned_at=at + timedelta(days=9), applications=[parted, best, middle]
    )
    listed = [item.application.reference for item in meeting.items.order_by("position")]
    assert listed == sorted(listed)
    page = officer.get(f"/en/instruction/seances/{meeting.pk}/ordre-du-jour/").content.decode()
    assert page.index("To discuss first") < page.index(parted.reference) < page.index("Clear<")


@pytest.mark.django_db
@pytest.mark.one_engine
def test_one_file_or_twenty_cost_the_same_queries(at, as_user):
    counts: dict[str, list[int]] = {}
    for number in (1, 20):
        made = make.reviewed(files=number, points=[5] * number)
        for application in made.files:
            discussions.ask_discussion(
                panel=made.panel, actor=made.members[CIVIL][1], application=application, reason="À voir."
            )
        for person, path in (
            (made.members[CIVIL][1], f"/commission/classement/{made.call.slug}/"),
            (made.officer, f"/instruction/commission/{made.call.slug}/classement/"),
            (made.officer, f"/instruction/commission/{made.call.slug}/convoquer/"),
        ):
            browser = as_user(person)
            browser.get(path)
            with CaptureQueriesContext(connection) as spent:
                assert browser.get(path).status_code == 200
            counts.setdefault(path.replace(made.call.slug, ""), []).append(len(spent))
    assert all(one == twenty for one, twenty in counts.values()), counts
