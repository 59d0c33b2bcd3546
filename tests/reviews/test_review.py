"""One review: a private draft, complete before it is filed, reopened with a co-president; nothing of others before its time."""

from __future__ import annotations

import pytest

from core import two_key
from core.transitions import Refusal
from fund.enums import Role
from reviews import queries
from reviews.models import Assignment, Declaration, Score
from reviews.rules.reviews import explanations, needs_explanation
from reviews.scoring import STEPS, points_text
from reviews.transitions import assignments, declarations
from reviews.views.members.grid import WHOLE_FIRST
from tests.factories import reviews as make
from tests.factories.fund import person_with

pytestmark = pytest.mark.django_db


def refused(code, function, **params):
    with pytest.raises(Refusal) as caught:
        function(**params)
    assert caught.value.code == code
    return caught.value


@pytest.fixture
def made(at):
    return make.reading(files=2)


@pytest.fixture
def pair(made):
    return (
        Assignment.objects.filter(application=made.files[0], seat__college=make.CIVIL)
        .select_related("seat__user", "application__call")
        .first()
    )


def test_a_draft_is_kept_incomplete_and_tells_two_windows_apart(pair):
    row = assignments.save_draft(
        assignment=pair,
        actor=pair.seat.user,
        scores={"besoin": {"half_points": 9, "justification": "Mesuré."}},
        version=0,
    )
    assert row.state == "in_progress" and row.version == 1
    refused("version_conflict", assignments.save_draft, assignment=row, actor=pair.seat.user, comment="…", version=0)
    row = assignments.save_draft(
        assignment=row, actor=pair.seat.user, scores={"besoin": {"cannot_judge": True}}, version=1
    )
    score = row.scores.get()
    assert score.cannot_judge and score.half_points is None and score.justification == "Mesuré."


def test_only_the_reader_writes_and_in_half_points(made, pair):
    refused("not_permitted", assignments.save_draft, assignment=pair, actor=made.officer, comment="x")
    for wrong in (11, -1, 4.5, True):
        refused(
            "score_out_of_range",
            assignments.save_draft,
            assignment=pair,
            actor=pair.seat.user,
            scores={"besoin": {"half_points": wrong}},
        )


def test_half_points_are_written_one_way():
    assert [points_text(points) for points in STEPS] == [
        "0",
        "0.5",
        "1",
        "1.5",
        "2",
        "2.5",
        "3",
        "3.5",
        "4",
        "4.5",
        "5",
    ]
    assert points_text(None) == ""
    assert Score(half_points=9).points == "4.5" and Score().points == ""
    assert [points for points, _label, _whole in WHOLE_FIRST] == [0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9]


def test_what_needs_an_explanation_is_what_readers_are_told(pair, as_user):
    asked = [points for points in STEPS if needs_explanation(points, False)]
    assert asked == [0, 1, 2, 10] and needs_explanation(None, True) and not needs_explanation(None, False)
    assert explanations().startswith("Une note de 1 ou moins, ou de 5,")
    page = as_user(pair.seat.user).get(f"/commission/dossiers/{pair.application.reference}/")
    assert explanations() in page.content.decode()


def test_a_review_is_complete_and_explained_before_it_is_filed(pair):
    reader = pair.seat.user
    row = assignments.save_draft(assignment=pair, actor=reader, scores={"besoin": {"half_points": 6}})
    error = refused("review_incomplete", assignments.submit, assignment=row, actor=reader)
    assert "Prototype" in str(error) and "Besoin" not in str(error)
    everything = {code: {"half_points": 6} for code in ("besoin", "prototype", "partenariat", "ouverture")} | {
        "equipe": {"half_points": 10}
    }
    assignments.save_draft(assignment=row, actor=reader, scores=everything)
    assert "Equipe" in str(refused("comment_required", assignments.submit, assignment=row, actor=reader))
    assignments.save_draft(
        assignment=row, actor=reader, scores={"equipe": {"half_points": 10, "justification": "Déjà fait ailleurs."}}
    )
    assert refused("comment_required", assignments.submit, assignment=row, actor=reader).field == "comment"
    assignments.save_draft(assignment=row, actor=reader, comment="Bravo.")
    assert assignments.submit(assignment=row, actor=reader).state == "submitted"


def test_reopening_needs_a_co_president_and_keeps_both_versions(made, pair, at):
    row = make.file_review(pair, 6)
    act = two_key.propose(
        assignments.reopen.verb, row, actor=pair.seat.user, at=at, params={"reason": "J’ai mal lu le budget."}
    )
    two_key.approve(act, actor=made.presidents[1], at=at)
    row.refresh_from_db()
    assert row.is_reopened
    make.file_review(row, 8)
    versions = list(row.versions.all())
    assert [version.content["scores"][0]["half_points"] for version in versions] == [6, 8]
    assert versions[0].reason == "J’ai mal lu le budget." and versions[0].reopened_by == made.presidents[1]


def test_reviews_change_no_more_once_reading_is_closed(made, pair, at):
    refused("reading_still_open", assignments.close_reading, panel=made.panel, actor=made.officer)
    assignments.save_draft(assignment=pair, actor=pair.seat.user, scores={"besoin": {"half_points": 6}})
    made.call.review_closes_at = at
    made.call.save()
    assignments.close_reading(panel=made.panel, actor=made.officer, at=at)
    pair.refresh_from_db()
    assert pair.state == "withdrawn" and pair.scores.count() == 1  # the draft stays its author's


def test_others_reviews_open_when_mine_is_filed_or_reading_is_closed(made, pair):
    application, me = made.files[0], pair.seat.user
    other = Assignment.objects.filter(application=application).exclude(pk=pair.pk).select_related("seat__user").first()
    make.file_review(other)
    assert not queries.may_see_reviews(me, application, made.panel)
    assert not queries.may_see_reviews(made.officer, application, made.panel)
    make.file_review(pair)
    assert queries.may_see_reviews(me, application, made.panel)
    second = Assignment.objects.filter(application=made.files[1], seat__user=me).exists()
    assert not queries.may_see_reviews(me, made.files[1], made.panel) or second
    for row in Assignment.objects.filter(state="assigned").select_related("seat__user", "application__call"):
        make.file_review(row)
    made.panel = assignments.close_reading(panel=made.panel, actor=made.officer)
    for person in (me, made.officer, person_with(Role.AUDITOR)):
        assert queries.may_see_reviews(person, application, made.panel)
    assert not queries.may_see_reviews(person_with(Role.ACCOUNTING_OFFICER), application, made.panel)


def test_a_recused_review_is_out_of_every_figure(made, pair):
    for row in Assignment.objects.select_related("seat__user", "application__call"):
        make.file_review(row, 10 if row.pk == pair.pk else 4)
    before = queries.score_of(made.files[0]).value
    mine = Declaration.objects.get(user=pair.seat.user, application=made.files[0])
    declarations.declare_interest(declaration=mine, actor=pair.seat.user, ground="family_tie")
    assert queries.score_of(made.files[0]).value < before
    assert not queries.may_see_reviews(pair.seat.user, made.files[0], made.panel)
    assert not queries.readable_files(pair.seat.user).filter(pk=made.files[0].pk).exists()


def test_the_ranking_exists_after_reading_and_over_the_files_one_may_see(at):
    made = make.reading(files=3)
    assert queries.ranking(made.panel).lines == []
    made = make.reviewed(make.world(files=3))
    full = queries.ranking(made.panel)
    assert [line.rank for line in full.lines] == [1, 2, 3] and full.lines[0].score.published == "4.50"
    member = made.members[make.CIVIL][1]
    mine = Declaration.objects.get(user=member, application=made.files[0])
    declarations.declare_interest(declaration=mine, actor=member, ground="family_tie")
    seen = queries.ranking(made.panel, member)
    assert [line.rank for line in seen.lines] == [1, 2] and seen.recused == [made.files[0].reference]
    assert queries.ranking(made.panel, person_with(Role.ACCOUNTING_OFFICER)).lines == []
