"""The import of earlier grants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.logs import current_request_id
from core.models import Event
from core.transitions import Refusal
from fund import people
from registry.models import HistoryCorrection, HistoryFile, PastGrant
from registry.queries import earlier
from registry.queries.earlier import Correction


def may_import(actor, at) -> None:
    """Raises Refusal unless this person imports earlier grants."""
    if not people.case_officer(actor, None, at):
        raise Refusal("not_permitted", _("Only a case officer imports earlier grants."))


def import_past_grants(
    *,
    rows: Sequence[PastGrant],
    corrections: Sequence[Correction] = (),
    actor,
    at,
    file: HistoryFile | None = None,
    name: str = "",
    origin: dict | None = None,
) -> int:
    """Keep these earlier grants and these corrections, checked by `registry.resources`, in one act; what is there already stays as it is.
    Returns how many are new. `file`: the one they are a part of; without it, they are a whole file (of this name; `origin`: its `source` and `licence`).
    """
    may_import(actor, at)
    with transaction.atomic():
        whole = file is None
        file = file or HistoryFile(
            by=actor, at=at, seen_at=at, confirmed_at=at, finished_at=at, name=name[:200], **origin or {}
        )
        if whole and corrections:
            file.save()
        corrected = [mended for correction in corrections if (mended := _correct(correction, actor, at, file))]
        new = _unknown(rows)
        if whole and (new or corrected):
            file.new, file.corrected = len(new), len(corrected)
            file.save()
        for row in new:
            row.imported_at, row.imported_by, row.brought_by = at, actor, file
        try:
            with transaction.atomic():
                PastGrant.objects.bulk_create(new, batch_size=500)
        except IntegrityError as error:
            raise _conflict() from error
        if not whole:
            HistoryFile.objects.filter(pk=file.pk).update(
                new=F("new") + len(new), corrected=F("corrected") + len(corrected)
            )
        elif file.pk and not (new or corrected):
            file.delete()
        if new or corrected:
            payload = {"new": len(new)} | ({"corrected": len(corrected)} if corrected else {})
            facts = [("import", 0, payload), *(("correct", pk, changes) for pk, changes in corrected)]
            Event.objects.bulk_create(
                Event(
                    at=at,
                    actor=actor,
                    machine="past_grant",
                    object_id=pk,
                    subject="",
                    verb=verb,
                    payload=said,
                    request_id=current_request_id(),
                )
                for verb, pk, said in facts
            )
    return len(new)


def _conflict() -> Refusal:
    return Refusal(
        "import_conflict", _("Some of these rows were imported a moment ago."), remedy=_("Look at it again.")
    )


def _unknown(rows: Sequence[PastGrant]) -> list[PastGrant]:
    """Rows that no grant of the registry says, once each, with their public keys."""
    there = earlier.stored(earlier.identity_of(row) for row in rows)
    said = {tuple(earlier.facts_of(grant).values()) for grants in there.values() for grant in grants}
    counts = Counter({identity: len(grants) for identity, grants in there.items()})
    new = []
    for row in rows:
        facts = tuple(earlier.facts_of(row).values())
        if facts in said:
            continue
        said.add(facts)
        row.identity = earlier.identity_of(row)
        row.row_key = earlier.key_of(row.identity, counts[row.identity])
        counts[row.identity] += 1
        new.append(row)
    return new


def _correct(correction: Correction, actor, at, file: HistoryFile) -> tuple[int, dict] | None:
    """Write a correction on the grant it was shown for; None when it is done already. Raises Refusal when the grant says something else by now."""
    grant = PastGrant.objects.select_for_update().filter(pk=correction.grant.pk).first()
    now = earlier.facts_of(grant) if grant else None
    if now == correction.after:
        return None
    if grant is None or now != correction.before:
        raise _conflict()
    HistoryCorrection.objects.create(
        file=file, grant=grant, before=earlier.written(correction.before), after=earlier.written(correction.after)
    )
    for name, _before, after in correction.changes:
        setattr(grant, name, after)
    grant.imported_at, grant.imported_by = at, actor
    grant.save(update_fields=[*(name for name, *_values in correction.changes), "imported_at", "imported_by"])
    said = {name: [_plain(before), _plain(after)] for name, before, after in correction.changes if name in _TOLD}
    return grant.pk, {"row_key": grant.row_key, "fields": [name for name, *_values in correction.changes], **said}


def give_file(*, name: str, kept: str, digest: str, actor, at, origin: dict | None = None) -> HistoryFile:
    """A large file waits to be read by the worker; `kept`: where."""
    may_import(actor, at)
    return HistoryFile.objects.create(name=name[:200], kept=kept, digest=digest, by=actor, at=at, **origin or {})


def confirm_file(*, file: HistoryFile, actor, at) -> HistoryFile:
    """Import what was seen of a file that the worker has read."""
    may_import(actor, at)
    with transaction.atomic():
        file = HistoryFile.objects.select_for_update().get(pk=file.pk)
        if file.phase != "seen" or not (file.seen.get("new") or file.seen.get("corrections")):
            raise Refusal("not_allowed_in_state", _("There is nothing to import of this file, or it is under way."))
        file.confirmed_at, file.done = at, 0
        file.rows = file.seen["new"] + file.seen["corrections"]
        file.save(update_fields=["confirmed_at", "done", "rows"])
    return file


def undo_import(*, file: HistoryFile, actor, at) -> HistoryFile:
    """Take a file of earlier grants back as a whole: what it brought goes, what it corrected says again what it said before. Refused when a later
    file corrected one of them: that one is undone first.
    """
    may_import(actor, at)
    with transaction.atomic():
        file = HistoryFile.objects.select_for_update().get(pk=file.pk)
        if file.phase != "done":
            raise Refusal("not_allowed_in_state", _("Only a file that was imported to its end can be undone."))
        mine = HistoryCorrection.objects.filter(file=file).select_related("grant")
        touched = Q(grant__brought_by=file) | Q(grant__in=mine.values("grant"))
        later = (
            HistoryCorrection.objects.filter(touched, file__undone_at=None, file__gt=file.pk).order_by("file").last()
        )
        if later is not None:
            raise Refusal(
                "import_conflict",
                _("A later file corrected some of these grants: %(name)s.") % {"name": later.file},
                remedy=_("Undo that file first."),
            )
        for correction in mine.order_by("-pk"):
            grant = correction.grant
            for field, value in earlier.read(correction.before).items():
                setattr(grant, field, value)
            grant.imported_at = at
            grant.save(update_fields=[*correction.before, "imported_at"])
        while some := list(PastGrant.objects.filter(brought_by=file).values_list("pk", flat=True)[:2000]):
            PastGrant.objects.filter(pk__in=some).delete()
        file.undone_at = at
        file.save(update_fields=["undone_at"])
        Event.objects.create(
            at=at,
            actor=actor,
            machine="past_grant",
            object_id=0,
            subject="",
            verb="undo_import",
            payload={"file": file.pk, "new": file.new, "corrected": file.corrected},
            request_id=current_request_id(),
        )
    return file


_TOLD = ("amount", "share", "agreed_on", "paid_from_on", "paid_until_on", "eu_notified")
"""Fields whose values an event may hold: figures and days. Events keep no text that could name a person."""


def _plain(value):
    return value if value is None or isinstance(value, (bool, int)) else str(value)
