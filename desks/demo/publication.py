"""What the demo corrects of a public page: one figure that was wrong, so that the log of corrections shows what it is."""

from __future__ import annotations

from desks.demo.world import World
from registry.enums import ChangeGround
from registry.models import PublicPage
from registry.queries.pages import present_texts
from registry.transitions import correction

PROJECT, WRONG, RIGHT = "carnet-benevoles", "deux cents bénévoles", "cent vingt bénévoles"
DETAIL = "L’association a recompté : deux cents personnes sont inscrites, cent vingt aident chaque semaine."


def plan(world: World) -> None:
    if not world.variant.stage:  # among the last acts: what chance gives to the others stays
        world.timeline.plan(world.timeline.at - 2 * world.A_DAY, lambda at: _correct(world, at))


def _correct(world: World, at) -> None:
    application = world.files[PROJECT]
    summary = present_texts(application)["summary"].replace(WRONG, RIGHT)
    page, _made = PublicPage.objects.get_or_create(application=application)
    changes = correction(application, {"summary": summary})
    world.both(page, "correct", "instruction", "etat1", at, **changes, ground=ChangeGround.ERROR, detail=DETAIL)
