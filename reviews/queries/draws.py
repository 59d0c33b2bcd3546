"""Draws of a call: the groups of files that the rules leave equal, and the ranks that the draws made give them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from applications.models import Application
from reviews.models.meeting import Draw, Meeting


def of_meeting(meeting: Meeting) -> list[Draw]:
    return list(Draw.objects.filter(meeting__call=meeting.call_id).select_related("civil_seed_by", "state_seed_by"))


def drawn_ranks(call_id: int, ranks: dict) -> dict:
    """Ranks with the draws made: a group that shares a rank, all of it in one draw, follows the order drawn. Two queries."""
    draws = list(Draw.objects.filter(meeting__call=call_id, drawn_at__isnull=False))
    if not draws:
        return ranks
    known = dict(Application.objects.filter(pk__in=ranks).values_list("reference", "pk"))
    found = dict(ranks)
    for draw in draws:
        drawn = [known[reference] for reference in draw.order if reference in known]
        for number in {ranks[pk].number for pk in drawn}:
            group = {pk for pk, rank in ranks.items() if rank.shared and rank.number == number}
            if group and group <= set(drawn):
                for place, pk in enumerate(pk for pk in drawn if pk in group):
                    found[pk] = replace(ranks[pk], number=number + place, shared=False)
    return dict(sorted(found.items(), key=lambda pair: (pair[1].number is None, pair[1].number or 0)))


def tied_groups(ranks: dict, items: Iterable) -> dict[int, list[str]]:
    """References of the files that share each rank, before any draw."""
    found: dict[int, list[str]] = {}
    for item in items:
        rank = ranks.get(item.application_id)
        if rank is not None and rank.shared and rank.number is not None:
            found.setdefault(rank.number, []).append(item.application.reference)
    return {number: sorted(group) for number, group in sorted(found.items()) if len(group) > 1}
