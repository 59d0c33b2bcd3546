"""Motions: what the members decide by show of hands besides the proposals on files, to reopen an item or to move a file in the ranking (art. 16, 17)."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from core.transitions import Act, Refusal
from fund.enums import College
from reviews import voting
from reviews.queries import meetings as queries

CONSENT = "consent"


def tallies_of(votes: Mapping[str, Mapping[str, int]], present: Mapping[str, int]) -> dict[str, voting.CollegeTally]:
    return {
        str(college): voting.CollegeTally(
            *(int(votes.get(str(college), {}).get(name) or 0) for name in ("votes_for", "against", "abstained")),
            present=present[str(college)],
        )
        for college in College
    }


def place_is_another(act: Act) -> None:
    """A file is moved to a rank that exists and is not its own, by a president to whom every file is open: ranks are given among all of them, and would
    tell who is recused from one where it stands (art. 12)."""
    if act.preview:
        return
    if queries.closed_files(act.actor, act.obj.meeting):
        raise Refusal(
            "mover_is_recused",
            _(
                "You are recused from another file of this meeting, or have not declared: ranks are given among all of them."
            ),
            remedy=_("The other co-president, or the acting president of your college, puts this motion."),
            article="art. 12, 17",
            status=403,
        )
    item, place = act.obj, act.get("place")
    if item.application_id is None:
        raise Refusal("not_a_file", _("Only files are ranked."), field="place")
    ranks = queries.ranking(item.meeting)
    last = sum(rank.number is not None for rank in ranks.values())
    own = ranks[item.application_id].number if item.application_id in ranks else None
    if own is None:
        raise Refusal(
            "not_ranked", _("This file has no rank: it cannot be moved."), field="place", article="art. 17", status=409
        )
    if not isinstance(place, int) or not 1 <= place <= last:
        raise Refusal(
            "place_missing",
            _("Give the new rank, from 1 to %(last)s.") % {"last": last},
            field="place",
            article="art. 17",
        )
    if place == own and not ranks[item.application_id].shared:
        raise Refusal(
            "same_place",
            _("This file already has rank %(rank)s.") % {"rank": own},
            remedy=_("Give another rank, from 1 to %(last)s.") % {"last": last},
            field="place",
            article="art. 17",
            status=409,
        )


def motion_is_carried(act: Act) -> None:
    """`votes` None: nobody objects. Else {college: {votes_for, against, abstained}}, counted by the majority of the call; told to the log in figures."""
    if act.preview:
        return
    votes = act.get("votes")
    if votes is None:
        act.note(motion=CONSENT)
        return
    item = act.obj
    found = queries.room_of(item.meeting, act.at).quorum(item)
    tallies = tallies_of(votes, {name: count.present for name, count in found.colleges.items()})
    for name, tally in tallies.items():
        if tally.voters > tally.present:
            raise Refusal(
                "more_votes_than_present",
                _("%(college)s: %(n)s voices for %(present)s present or represented.")
                % {"college": College(name).label, "n": tally.voters, "present": tally.present},
                field="votes",
                article="art. 16",
            )
    if voting.decide(tallies, rule=item.meeting.rules["majority"], tie="reject").outcome != voting.Outcome.ADOPTED:
        raise Refusal(
            "motion_not_carried",
            _("This motion is not carried by the majority of the call."),
            remedy=_("The item stays as it is; the minutes can tell the debate."),
            field="votes",
            article="art. 16, 17",
            status=409,
        )
    act.note(motion={name: [tally.votes_for, tally.against, tally.abstained] for name, tally in tallies.items()})
