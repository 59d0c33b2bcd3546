"""The demo told in a test: every act by its verb, papers kept without being drawn (drawing has its own tests)."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime
from unittest.mock import patch

from django.apps import apps

from desks.demo import story, told
from desks.demo.timeline import PARIS
from desks.demo.variants import Variant
from desks.demo.world import World

AT = datetime(2026, 11, 26, 9, tzinfo=PARIS)
SEED = 42


@contextmanager
def nothing_drawn(self):
    yield


def write(*, at=AT, stage: str = "", letter: str = "A", variant: Variant | None = None):
    """The world, and what `--json` would write of it. `variant`: another one than A or B."""
    with (
        patch("core.documents.draw", lambda page: page.encode()),
        patch.object(World, "drawing", nothing_drawn),
        patch("core.documents._sync"),
    ):
        world, keys = story.tell(at=at, seed=SEED, stage=stage, letter=letter, variant=variant)
    return world, told.tell(world, keys, seed=SEED)


def dump() -> dict[tuple[str, int], dict]:
    """Every row of every room, by model and key."""
    rows = {}
    for model in apps.get_models():
        if model._meta.app_label in ("contenttypes", "sessions", "auth") or not model._meta.managed:
            continue
        names = [field.attname for field in model._meta.concrete_fields]
        for values in model._base_manager.order_by("pk").values_list("pk", *names):
            rows[model._meta.label, values[0]] = dict(zip(names, values[1:], strict=True))
    return rows


def differences(one: dict, other: dict) -> set[tuple[str, str]]:
    """(model, field) that are not the same; a row that only one of them has counts under its key."""
    found = {(label, "pk") for label, _pk in one.keys() ^ other.keys()}
    for key in one.keys() & other.keys():
        found |= {(key[0], name) for name, value in one[key].items() if other[key][name] != value}
    return found
