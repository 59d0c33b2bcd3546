"""What is corrected or taken down of the public page of a project: a case officer proposes, a co-president confirms.

The published set (`registry.queries.told`) reads the page: every list, file, feed and answer follows from the same commit on. Neither the file, nor its
decision, nor the ledger moves.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from applications.models import Application
from core import two_key
from core.models import TwoKeyAct
from core.transitions import TwoKey, Verb, verb
from fund.people import case_officer, co_president
from registry.enums import ChangeGround, ChangeKind
from registry.models import PageChange, PublicPage
from registry.notifications import tell_team
from registry.queries import pages
from registry.rules import pages as rules

MAILS = ("registry/page.changed",)


def _two_keys(title) -> TwoKey:
    return TwoKey(
        proposes=(case_officer,),
        approves=(co_president,),
        title=lambda page: title % {"project": page.application.reference},
    )


def _log(act, page, kind: ChangeKind, ground: str, lines=(("", "", ""),)) -> None:
    """Write the public lines. On a ground that forbids it, or while the page is taken down on one, no text is kept, and those that the log kept of
    this page go.
    """
    tells = {ground, page.ground} <= {ChangeGround.ERROR, ""}
    if not tells:
        page.changes.update(before="", after="")
    PageChange.objects.bulk_create(
        PageChange(
            page=page,
            kind=kind,
            ground=ground,
            field=field,
            before=before if tells else "",
            after=after if tells else "",
            at=act.at,
        )
        for field, before, after in lines
    )
    act.note(ground=ground, fields=[field for field, _before, _after in lines if field])
    act.because(act.get("detail"))
    tell_team(page, kind, ground, act.at)


def _correct(act, page, changes, ground) -> dict:
    present = act.found["texts"]
    changed = {name: text for name, text in changes.items() if present[name] != text}
    _log(act, page, ChangeKind.CORRECT, ground, [(name, present[name], text) for name, text in changed.items()])
    return changed


_CORRECTS = (rules.no_interest, rules.page_is_told, rules.ground_given, rules.changes_are_sound)
_MOVES = (rules.no_interest, rules.page_is_told, rules.ground_given)


@verb(
    machine=PublicPage,
    label=_("correct public texts"),
    who=(case_officer,),
    guards=_CORRECTS,
    two_key=_two_keys(_("Correct the public page of %(project)s")),
    mails=MAILS,
)
def correct(act, page, *, changes, seen, ground, detail):
    """`changes`: by name, what the public reads from now on; `seen`: hash of what it reads now; `detail` stays with the fund."""
    page.correct(_correct(act, page, changes, ground), act.at)


@verb(
    machine=PublicPage,
    label=_("correct texts before publishing again"),
    who=(case_officer,),
    guards=_CORRECTS,
    two_key=_two_keys(_("Correct the texts of %(project)s, whose page is unpublished")),
    mails=MAILS,
)
def correct_unpublished(act, page, *, changes, seen, ground, detail):
    """The same while the page is taken down: what it will say once published again."""
    page.correct_unpublished(_correct(act, page, changes, ground), act.at)


@verb(
    machine=PublicPage,
    label=_("unpublish the page"),
    who=(case_officer,),
    guards=_MOVES,
    two_key=_two_keys(_("Unpublish the page of %(project)s")),
    mails=MAILS,
    danger=True,
)
def unpublish(act, page, *, ground, detail):
    """The public reads the reference, the amount and the entries, with the day and the ground, and nothing else of the project."""
    _log(act, page, ChangeKind.UNPUBLISH, ground)
    page.unpublish(ground, act.at)


@verb(
    machine=PublicPage,
    label=_("publish the page again"),
    who=(case_officer,),
    guards=_MOVES,
    two_key=_two_keys(_("Publish the page of %(project)s again")),
    mails=MAILS,
)
def republish(act, page, *, ground, detail):
    """The page is public as it was, with what was corrected."""
    _log(act, page, ChangeKind.REPUBLISH, ground)
    page.republish(act.at)


def propose_change(declared: Verb, application: Application, *, actor, at, **params) -> TwoKeyAct:
    """First key. The row of the page is made if nobody changed it before."""
    page, _made = PublicPage.objects.get_or_create(application=application)
    return two_key.propose(declared, page, actor=actor, at=at, params=params)


def correction(application: Application, changes: dict[str, str]) -> dict:
    """The parameters of a correction: what changes, bound to what was read."""
    present = pages.present_texts(application)
    changed = {name: text for name, text in changes.items() if present.get(name) != text}
    return {"changes": changed, "seen": pages.seen(present, changed)}
