"""Guards of a review: own file, declared, complete, while reading is open."""

from __future__ import annotations

from django.utils.translation import gettext as _

from core.transitions import Act, Refusal
from reviews.enums.reading import DeclarationState, PanelState
from reviews.models import Assignment, Declaration
from reviews.rules.meetings.discussion import check_amount
from reviews.scoring import MAX_HALF_POINTS, STEPS, points_text

LOW_HALF_POINTS = 2
"""A score up to this one needs an explanation, and so does the highest (rulebook, art. 14)."""
LONGEST_EXPLANATION = 5_000
"""Characters of the explanation of one score."""
LONGEST_TEXT = 8_000
"""Characters of the word to the applicant, and of the note for the panel."""


def declared_none(act: Act) -> None:
    declaration = Declaration.objects.filter(application=act.obj.application_id, user=act.obj.seat.user_id).first()
    if declaration is not None and declaration.state == DeclarationState.RECUSED:
        raise Refusal(
            "recused",
            _("Recused from %(reference)s: this application is closed to you.")
            % {"reference": act.obj.application.reference},
            remedy=_("If this is a mistake, both co-presidents together can lift the recusal before any vote."),
            article="art. 12",
            status=403,
        )
    if declaration is None or declaration.state != DeclarationState.NONE:
        raise Refusal(
            "interest_declaration_missing",
            _("First say whether you have a link with this application."),
            remedy=_("The content opens right after."),
            article="art. 12",
            status=403,
        )


def reading_is_open(act: Act) -> None:
    if act.obj.seat.panel.state != PanelState.READING or act.obj.application.state != "under_review":
        raise Refusal(
            "reading_closed",
            _("Reading is closed for this call: reviews no longer change."),
            remedy=_("Give your view in the discussion."),
            article="art. 14",
            status=409,
        )


def score_out_of_range() -> Refusal:
    return Refusal("score_out_of_range", _("A score goes from 0 to 5, in half points."), article="art. 14")


def in_range(half_points) -> bool:
    return (
        half_points is None
        or isinstance(half_points, int)
        and not isinstance(half_points, bool)
        and half_points in STEPS
    )


def whole_euros(amount: int | None) -> None:
    """An amount that a reader may write down (cents). Whether it fits the file is asked when the review is filed: one types it digit by digit."""
    if amount is not None and (amount < 0 or amount % 100):
        raise Refusal(
            "amount_not_whole",
            _("Propose a whole number of euros."),
            remedy=_("For example 12 000. Leave the field empty to propose nothing."),
            field="proposed_amount",
        )


def _fits(text: str | None, most: int, what: str, field: str) -> None:
    if text and len(text) > most:
        raise Refusal(
            "text_too_long",
            _("“%(what)s” may hold %(most)s characters; it holds %(count)s.")
            % {"what": what, "count": len(text), "most": most},
            remedy=_("Nothing is saved until you shorten it; your text stays here."),
            field=field,
        )


def texts_fit(assignment: Assignment, scores: dict, comment: str | None, note: str | None) -> None:
    """Nothing that is too long is cut: it is refused, and stays where it was typed."""
    for code, given in scores.items():
        if len(given.get("justification") or "") > LONGEST_EXPLANATION:
            row = assignment.application.call.criteria.filter(code=code).first()
            _fits(given["justification"], LONGEST_EXPLANATION, row.label if row else code, f"why-{code}")
    _fits(comment, LONGEST_TEXT, _("A word to the applicant"), "comment")
    _fits(note, LONGEST_TEXT, _("A note for the panel"), "note")


class ReviewConflict(Refusal):
    """The same reader saved this review in another window meanwhile. `theirs` is what is stored."""

    def __init__(self, assignment: Assignment, theirs: dict):
        super().__init__(
            "version_conflict",
            _("This review was changed in another window."),
            remedy=_("Both texts are kept: choose one."),
            status=409,
        )
        self.assignment, self.theirs = assignment, theirs


def missing_criteria(assignment: Assignment) -> list[str]:
    """Criteria neither scored nor declared impossible to judge."""
    given = {
        score.criterion_id for score in assignment.scores.all() if score.half_points is not None or score.cannot_judge
    }
    return [row.label for row in assignment.application.call.criteria.all() if row.pk not in given]


def needs_explanation(half_points: int | None, cannot_judge: bool) -> bool:
    return (
        cannot_judge or half_points is not None and (half_points <= LOW_HALF_POINTS or half_points == MAX_HALF_POINTS)
    )


def explanations() -> str:
    """What `needs_explanation` asks, as readers are told."""
    return _("A score of %(low)s or less, or of %(high)s, needs an explanation, and so does “cannot judge”.") % {
        "low": points_text(LOW_HALF_POINTS),
        "high": points_text(MAX_HALF_POINTS),
    }


def unexplained(assignment: Assignment) -> list[str]:
    """Criteria whose extreme score, or refusal to judge, has no explanation (rulebook, art. 14)."""
    return [
        score.criterion.label
        for score in assignment.scores.all()
        if needs_explanation(score.half_points, score.cannot_judge) and not score.justification.strip()
    ]


def review_is_complete(act: Act) -> None:
    left = missing_criteria(act.obj)
    if left:
        raise Refusal(
            "review_incomplete",
            _("Still to score or skip: %(criteria)s.") % {"criteria": ", ".join(left)},
            remedy=_("If you cannot judge a criterion, say so: it does not count as zero."),
            article="art. 14",
        )
    silent = unexplained(act.obj)
    if silent:
        raise Refusal(
            "comment_required",
            explanations() + " " + _("Still to explain: %(criteria)s.") % {"criteria": ", ".join(silent)},
            remedy=_("The applicant will read it, without your name."),
            article="art. 14",
        )
    if act.obj.seat.panel.call.rule_version["overall_comment_required"] and not act.obj.comment.strip():
        raise Refusal(
            "comment_required",
            _("Write a word to the applicant: what helps, what is missing."),
            remedy=_("It is read without your name."),
            article="art. 14",
            field="comment",
        )
    if act.obj.proposed_amount:
        check_amount(act.obj.application, act.obj.proposed_amount, field="proposed_amount")
