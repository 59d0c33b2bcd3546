"""Guards of the public draw (rulebook, art. 17; Conseil d'État, 22 December 2017, n° 410561): only if the rules say so, only between equals."""

from __future__ import annotations

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.transitions import Act, Refusal
from reviews.models.meeting import Draw
from reviews.queries import draws
from reviews.queries import meetings as queries


def rules_allow_draw(act: Act) -> None:
    if not act.obj.rules["tie_draw"]:
        raise Refusal(
            "draw_not_in_rules",
            _("The rules of this call know no draw."),
            remedy=_("Part the files by a vote: move one of them, with the reason."),
            article="art. 17",
            status=409,
        )


def list_is_open(act: Act) -> None:
    if act.obj.list_adopted_at is not None:
        raise Refusal("list_adopted", _("The list is adopted."), article="art. 17", status=409)


def actor_sees_all(act: Act) -> None:
    """Whoever acts on a draw sees every file of the meeting: he is recused from none and declared on all."""
    if queries.closed_files(act.actor, act.obj):
        raise Refusal(
            "chair_is_recused",
            _("You are recused from a file of this meeting, or have not declared: another person does it."),
            remedy=_("The other co-president, the acting president of your college or a case officer."),
            article="art. 12",
            status=403,
        )


def _refuse(code: str, field: str, text: str, remedy: str | None = None) -> Refusal:
    return Refusal(code, text, remedy=remedy, field=field, article="art. 17")


def draw_is_sound(act: Act) -> None:
    """A whole group of equals, a source that everybody can read, and that does not exist yet."""
    if act.preview:
        return
    groups = draws.tied_groups(queries.ranking(act.obj), queries.items_of(act.obj))
    group = groups.get(act.get("rank"))
    if not group:
        raise _refuse(
            "no_tie",
            "rank",
            _("No files of this meeting share this rank."),
            _("Only files with equal published score after every criterion of the rules are drawn."),
        )
    known = {reference for draw in draws.of_meeting(act.obj) for reference in draw.pool}
    if known & set(group):
        raise _refuse("draw_announced", "rank", _("A draw is already announced for these files."))
    if not (act.get("source") or "").strip():
        raise _refuse(
            "source_missing", "source", _("Name the public source of the seed, so that anyone can read it there.")
        )
    day = act.get("source_on")
    if day is None or day <= timezone.localdate(act.at):
        raise _refuse(
            "source_not_to_come",
            "source_on",
            _("Give a day to come: nobody may know the seed when the list is fixed."),
        )


def draw_of(act: Act) -> Draw | None:
    return Draw.objects.filter(pk=act.get("draw"), meeting=act.obj).first()


def seed_is_sound(act: Act) -> None:
    if act.preview:
        return
    draw, college = draw_of(act), queries.presides(act.actor, act.obj, act.at)
    if draw is None:
        raise _refuse("draw_unknown", "draw", _("Choose a draw of this meeting."))
    if draw.drawn_at is not None:
        raise _refuse("drawn", "draw", _("This draw is made: its order no longer changes."))
    if timezone.localdate(act.at) < draw.source_on:
        raise _refuse(
            "source_not_there",
            "seed",
            _("The source exists on %(day)s only.") % {"day": date_format(draw.source_on, "j F Y")},
            _("Wait for that day."),
        )
    seed = (act.get("seed") or "").strip()
    if not seed:
        raise _refuse("seed_missing", "seed", _("Write the seed as the source gives it."))
    if (other := draw.read_by_other(college)) and other != seed:
        raise _refuse(
            "seeds_differ",
            "seed",
            _("The other college’s president read something else."),
            _(
                "Read the source together: each can write his reading again, and the draw is made once both are the same."
            ),
        )
