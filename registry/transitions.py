"""Writes of the registry: the import of earlier grants, the questions of the public and their answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from core import references
from core.logs import current_request_id
from core.models import Event
from core.transitions import Refusal, verb
from fund import people
from registry import rules
from registry.enums import SetAsideReason
from registry.models import PastGrant, Question
from registry.notifications import tell_asker, tell_officers
from registry.queries import earlier
from registry.queries.earlier import Correction


def may_import(actor, at) -> None:
    """Raises Refusal unless this person imports earlier grants."""
    if not people.case_officer(actor, None, at):
        raise Refusal("not_permitted", _("Only a case officer imports earlier grants."))


def import_past_grants(*, rows: Sequence[PastGrant], corrections: Sequence[Correction] = (), actor, at) -> int:
    """Keep these earlier grants and these corrections, checked by `registry.resources`, in one act; what is there already stays as it is.
    Returns how many are new.
    """
    may_import(actor, at)
    with transaction.atomic():
        corrected = [mended for correction in corrections if (mended := _correct(correction, actor, at))]
        new = _unknown(rows)
        for row in new:
            row.imported_at, row.imported_by = at, actor
        try:
            with transaction.atomic():
                PastGrant.objects.bulk_create(new, batch_size=500)
        except IntegrityError as error:
            raise _conflict() from error
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


def _correct(correction: Correction, actor, at) -> tuple[int, dict] | None:
    """Write a correction on the grant it was shown for; None when it is done already. Raises Refusal when the grant says something else by now."""
    grant = PastGrant.objects.select_for_update().filter(pk=correction.grant.pk).first()
    now = earlier.facts_of(grant) if grant else None
    if now == correction.after:
        return None
    if grant is None or now != correction.before:
        raise _conflict()
    for name, _before, after in correction.changes:
        setattr(grant, name, after)
    grant.imported_at, grant.imported_by = at, actor
    grant.save(update_fields=[*(name for name, *_values in correction.changes), "imported_at", "imported_by"])
    said = {name: [_plain(before), _plain(after)] for name, before, after in correction.changes if name in _TOLD}
    return grant.pk, {"row_key": grant.row_key, "fields": [name for name, *_values in correction.changes], **said}


_TOLD = ("amount", "share", "agreed_on", "paid_from_on", "paid_until_on", "eu_notified")
"""Fields whose values an event may hold: figures and days. Events keep no text that could name a person."""


def _plain(value):
    return value if value is None or isinstance(value, (bool, int)) else str(value)


# ---- questions of the public ----


@verb(
    machine=Question,
    label=_("ask a public question"),
    who=(rules.anybody,),
    creates="asked",
    on="call",
    guards=(rules.question_is_written, rules.project_is_public, rules.not_flooded),
    mails=("registry/question.acknowledged", "registry/question.received"),
)
def ask_question(act, call, *, text, application=None, email=""):
    """On a call, or on one of its published projects. Nothing tells who asks but the address he may give, erased once the question is closed."""
    days = call.rule_version["question_answer_days"]
    row = Question.objects.create(
        reference=references.new("QST"),
        call=call,
        application=application,
        text=text.strip(),
        email=email.strip().lower(),
        language=(get_language() or "fr")[:2],
        asked_at=act.at,
        due_on=timezone.localdate(act.at) + timedelta(days=days),
    )
    tell_asker("acknowledged", row, act.at)
    tell_officers("received", row, act.at)
    return row


@verb(
    machine=Question,
    label=_("answer in public"),
    who=(people.case_officer,),
    guards=(rules.answerer_has_no_interest, rules.answer_is_written),
    mails=("registry/question.answered",),
)
def answer_publicly(act, question, *, text):
    """The question and this answer are public at once. Said again, the new text takes the place of the former, with its date."""
    tell_asker("answered", question, act.at)
    question.answer_publicly(text.strip(), act.actor, act.at)


@verb(
    machine=Question,
    label=_("set aside"),
    who=(people.case_officer,),
    guards=(rules.answerer_has_no_interest, rules.reason_is_known),
    mails=("registry/question.set_aside",),
    danger=True,
)
def set_aside(act, question, *, reason):
    """No public answer, for one of the known reasons: its words are never shown."""
    with override(question.language):
        words = str(SetAsideReason(reason).label)
    tell_asker("set_aside", question, act.at, reason=words)
    question.set_aside(reason)
    act.note(reason=reason)


def tell_overdue(*, question: Question, at) -> None:
    """Once, the day after the last one: the officers are told that the public page shows the delay."""
    with transaction.atomic():
        waiting = Question.objects.filter(pk=question.pk, overdue_told_at=None).update(overdue_told_at=at)
        if waiting:
            tell_officers("overdue", question, at)
