"""Worlds that differ in secrets only give the same bytes to whoever may not know them (DESIGN §5.5, §5.6, §5.8).

For each person, and for the public, two worlds of the demo are told: one as it is, one in which every secret that he may not know is another, and all
those that he may know are the same. A secret may be one reader's score or word, who wrote which review, a vote, the words of a recusal, a note of the
desk, a draft, an IBAN; and, of a file from which a member and a co-president are recused, its text, scores and place, count of votes, amount. He then asks
both worlds for the same things, and every answer (status, redirections, name of the file, ETag, body) must be the same, byte for byte:

- every route of `list_routes` that answers GET, with the files, items, readings, recusals, decisions and papers that the secrets are about, closed to him or
  not; every page, feed, file and export that he reaches by links, and every row that the API lists to him, up to so many of one view;
- every kind of form on these pages, sent as it stands and emptied, and every POST of the API, empty, on these objects: what it does is undone;
- his mails.

Co-presidents, early readers, case officers, recused members, auditors and applicants all walk; nobody is left out for what he may know of another secret.
What it does not prove: secrets of other kinds, timing, acts filled in by hand, and addresses past the bound of a view that concern no secret.
"""

from __future__ import annotations

import json
import os
import sys
import time
import zlib
from collections import Counter, defaultdict
from contextlib import contextmanager
from datetime import timedelta
from difflib import unified_diff
from types import SimpleNamespace
from unittest.mock import patch

import pytest
import time_machine

from core.models import User
from reviews.models import Seat
from tests.desks import demo, twins
from tests.desks.walker import Walk, undone

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.one_engine]
OTHERS = [
    f"{name}@demo.example"
    for name in (
        "association",
        "citoyenne",
        "instruction",
        "instruction2",
        "ordonnateur",
        "comptable",
        "audit",
        "admin",
    )
]
long = pytest.mark.skipif(not os.environ.get("TWIN_WORLDS"), reason="long: TWIN_WORLDS=1 walks it, and `make prove`")
OF_A_VIEW = 6
"""Addresses of one view that a person opens besides those of the secrets: enough for each state a file is in, and every view is reached."""


@contextmanager
def told(variant: twins.Twin):
    """What a world holds and who has a link in it, until the end of the block; then nothing of it is left."""
    with undone():
        world, content = demo.write(at=variant.at, variant=variant)
        content["hidden"] = getattr(world.files.get(twins.HIDDEN), "reference", "")
        content["names"] = {one["email"]: one["key"] for one in content["accounts"]}
        for secret in content["secrets"]:
            if secret["kind"] == "recusal":
                secret["author"] = world.people[secret["where"].partition("/")[2]].email
        yield content, twins.go_on(world, variant)


def who_walks(content: dict, linked: list[twins.Person]) -> list[twins.Person]:
    leads = User.objects.filter(led_applications__reference__in=[one["reference"] for one in content["secrets"]])
    people = User.objects.filter(pk__in=Seat.objects.values("user")) | User.objects.filter(email__in=OTHERS)
    rows = (people | leads).distinct().order_by("email")
    seated = [twins.Person(content["names"][user.email], user) for user in rows]
    return [twins.Person("the public"), *linked, *seated]


def apart(one: dict[str, bytes], other: dict[str, bytes]) -> dict[str, str]:
    """What was asked and answered otherwise, with the first lines that differ."""
    found = {}
    for key in sorted(one.keys() | other.keys()):
        if one.get(key) != other.get(key):
            before, after = (
                zlib.decompress(rows.get(key, zlib.compress(b""))).decode("utf-8", "replace") for rows in (one, other)
            )
            lines = list(unified_diff(before.split("\n"), after.split("\n"), n=0, lineterm=""))[2:]
            found[key] = "\n".join(row[:300] for row in lines[:8])
    return found


@contextmanager
def still(settings, variant):
    settings.FUND_DEMO, settings.RATE_LIMIT_SCALE = True, 1_000_000
    with (
        time_machine.travel(variant.at + timedelta(minutes=5), tick=False),
        patch("core.documents.draw", lambda page: page.encode()),
        patch("core.middleware.secrets", SimpleNamespace(token_hex=lambda size: "0" * 2 * size)),  # a request's number
    ):
        yield


def compare(stage: str, only=(), of_a_view: int = OF_A_VIEW) -> tuple[dict, Counter]:
    """What differs, by (person, what he asked); and what was compared. `only`: these people, by name."""
    counts, walks, groups = Counter(), {}, defaultdict(list)
    with told(twins.Twin(stage=stage)) as (content, linked):
        people = [one for one in who_walks(content, linked) if not only or one.name in only]
        for person, kinds in twins.unknown_to(content["secrets"], people).items():
            groups[kinds].append(person)
            walks[person.name] = Walk(content, of_a_view=of_a_view).go(person.user, person.starts)
    found, views = {}, set()
    for kinds, group in groups.items():
        with told(twins.Twin(stage=stage, of_b=kinds)) as (content, _linked):
            for person in group:
                mine, again = (
                    walks.pop(person.name),
                    Walk(content, of_a_view=of_a_view).go(person.user, person.starts),
                )
                for asked, lines in apart(mine.found, again.found).items():
                    found[person.name, asked] = f"{sorted(kinds)}\n{lines}"
                views |= mine.views
                posts = sum(key.startswith("POST") for key in mine.found)
                counts += Counter(people=1, pairs=len(kinds), answers=len(mine.found), posts=posts)
    counts |= Counter(views=len(views), worlds=len(groups) + 1)
    return found, counts


def walk(settings, stage: str, only=(), of_a_view: int = OF_A_VIEW) -> Counter:
    """Every answer is the same; returns what was compared, and prints it for `make prove`."""
    started = time.monotonic()
    with still(settings, twins.Twin(stage=stage)):
        found, counts = compare(stage, only, of_a_view)
    seen = {"stage": stage or "whole", **counts, "seconds": round(time.monotonic() - started)}
    sys.stdout.write(f"\ntwins {json.dumps(seen)}\n")
    assert found == {}, "\n\n".join(f"{who} {asked}\n{lines}" for (who, asked), lines in list(found.items())[:60])
    return counts


@long
@pytest.mark.parametrize("stage", ["reading", "meeting", "signing", "decided", ""])
def test_who_may_not_know_reads_the_same_bytes_in_both_worlds(settings, stage):
    counts = walk(settings, stage, os.environ["TWIN_WORLDS"].split(",") if "," in os.environ["TWIN_WORLDS"] else ())
    assert counts["people"] > 1 and counts["views"] > 60


def test_a_co_president_who_stepped_back_reads_the_same_bytes_while_others_read(settings):
    """The sample of every run: one person, the address of each route and a page of each view."""
    counts = walk(settings, "reading", (twins.PRESIDENT,), of_a_view=1)
    assert counts["pairs"] >= 5 and counts["posts"] > 100
