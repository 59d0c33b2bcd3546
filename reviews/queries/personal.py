"""What the panel's work holds about a person: one's own seats, declarations, reviews, appeals; never another member's."""

from __future__ import annotations

from core.models import User
from core.personal import rows
from reviews.models import (
    Appeal,
    Assignment,
    Declaration,
    DiscussionRequest,
    Dissent,
    ReviewVersion,
    Score,
    Seat,
    Simulation,
)


def personal(user: User) -> dict:
    return {
        **_seats(user),
        **_readings(user),
        **_meetings(user),
        "appeals": rows(
            Appeal.objects.filter(filed_by=user).order_by("pk"),
            reference="decision__application__reference",
            text="text",
            filed_at="filed_at",
        ),
    }


def _seats(user: User) -> dict:
    return {
        "panel_seats": rows(
            Seat.objects.filter(user=user).order_by("pk"),
            call="panel__call__title",
            college="college",
            kind="kind",
            title="title",
            themes="themes",
            departments="departments",
            employer_siret="siret",
            since="created_at",
            until="ends_at",
            term_starts_on="term_starts_on",
            term_ends_on="term_ends_on",
            appointing_act="appointing_act",
            appointed_on="appointed_on",
            gender="gender",
        ),
        "declarations": rows(
            Declaration.objects.filter(user=user).order_by("pk"),
            reference="application__reference",
            state="state",
            ground="ground",
            declared_at="declared_at",
        ),
    }


def _readings(user: User) -> dict:
    mine = Assignment.objects.filter(seat__user=user).order_by("pk")
    return {
        "reviews": rows(
            mine,
            reference="application__reference",
            state="state",
            comment="comment",
            note="note",
            proposed_amount="proposed_amount",
            submitted_at="submitted_at",
        ),
        "scores": rows(
            Score.objects.filter(assignment__in=mine).order_by("pk"),
            reference="assignment__application__reference",
            criterion="criterion__label",
            half_points="half_points",
            cannot_judge="cannot_judge",
            justification="justification",
        ),
        "filed_reviews": rows(
            ReviewVersion.objects.filter(assignment__in=mine).order_by("pk"),
            reference="assignment__application__reference",
            number="number",
            content="content",
            submitted_at="submitted_at",
        ),
    }


def _meetings(user: User) -> dict:
    return {
        "discussions_asked": rows(
            DiscussionRequest.objects.filter(user=user).order_by("pk"),
            reference="application__reference",
            reason="reason",
            asked_at="asked_at",
        ),
        "simulations": rows(
            Simulation.objects.filter(made_by=user).order_by("pk"),
            call="panel__call__title",
            name="name",
            note="note",
            made_at="made_at",
        ),
        "dissents": rows(
            Dissent.objects.filter(user=user).order_by("pk"),
            item="item__title",
            reference="item__application__reference",
            text="text",
            signed_at="signed_at",
        ),
    }
