"""The minutes: drafted from the log in sections, revised, signed for both colleges, adopted."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from core import documents
from core.conflicts import changes
from core.transitions import Refusal, locked, verb
from reviews.documents import minutes as papers
from reviews.enums.meeting import MeetingState, MinutesCapacity
from reviews.models.meeting import Meeting, MinutesRefusal, MinutesSection, MinutesSignature
from reviews.queries import meetings as queries
from reviews.rules import meetings as rules
from reviews.rules.meetings import case_officer, president, reason_given, seat_holder
from reviews.transitions import decisions
from reviews.transitions.deeds import deed
from reviews.transitions.meetings import _tell


def _write(meeting: Meeting, version: int, parts: list[dict]) -> list[MinutesSection]:
    """Sections of one version, each with its hash."""
    rows = []
    for position, part in enumerate(parts, 1):
        row = MinutesSection(
            meeting=meeting,
            version=version,
            position=position,
            code=part["code"],
            item=part["item"],
            title=part["title"][:250],
            text=part["text"],
        )
        row.hash = row.digest()
        rows.append(row)
    return MinutesSection.objects.bulk_create(rows)


def _signers(meeting: Meeting, at) -> list:
    acting = [row.seat.user for row in queries.acting_of(meeting).values()]
    people = [seat.user for seat in queries.presidents_of(meeting, at).values()] + acting
    return list({person.pk: person for person in people}.values())


def _ask_signatures(meeting: Meeting, at, *, revised=False) -> None:
    _tell(
        "reviews/meeting.minutes_to_sign",
        meeting,
        _signers(meeting, at),
        at=at,
        path=f"/commission/seances/{meeting.pk}/proces-verbal/",
        opened_at=meeting.opened_at,
        revised=revised,
    )


def draft(meeting: Meeting, act) -> None:
    """First version, from the log, inside the closing."""
    meeting.minutes_version = 1
    sections = _write(meeting, 1, papers.draft_sections(meeting, act.at))
    meeting.minutes = papers.freeze_minutes(meeting, sections, at=act.at)
    _ask_signatures(meeting, act.at)


@verb(
    machine=Meeting,
    label=_("revise the minutes"),
    who=(case_officer, president),
    guards=(rules.sections_may_be_revised,),
    documents=("minutes",),
    mails=("reviews/meeting.minutes_to_sign",),
)
def revise_minutes(act, meeting, *, texts, version=None):
    """Correct sections ({position: text}): a new version; signatures already given are void, and say so. `version` is the one that was read: only what
    differs from it is changed, and what somebody else corrected there since refuses (`version_conflict`)."""
    wanted = {int(position): text.strip() for position, text in texts.items()}
    sections = queries.sections_of(meeting)
    stored = {section.position: section.text for section in sections}
    if set(wanted) - set(stored):
        raise Refusal("unknown_section", _now("These minutes have no such section."), field="texts")
    if version is not None and not 1 <= version <= meeting.minutes_version:
        raise Refusal("unknown_version", _now("These minutes have no such version."), field="version")
    former = queries.sections_of(meeting, version) if version is not None else []
    new = changes(
        wanted=wanted,
        read={section.position: section.text for section in former},
        stored={position: stored[position] for position in wanted},
        actor=act.actor,
        writer=lambda keys: queries.last_writer(meeting, *queries.REVISIONS, parts=keys),
    )
    changed = [one.position for one in sections if one.position in new or not one.is_intact]
    if not changed:
        raise Refusal("nothing_changed", _now("Nothing was changed."), field="texts")
    _new_version(act, meeting, new, changed)


def _new_version(act, meeting: Meeting, new: dict[int, str], changed: list[int]) -> None:
    """Another version with these texts by position: signatures already given are void, their authors are asked again."""
    former, sections = meeting.minutes, queries.sections_of(meeting)
    void = meeting.minutes_signatures.filter(version=meeting.minutes_version, voided_at__isnull=True).update(
        voided_at=act.at
    )
    parts = [
        {
            "code": section.code,
            "item": section.item,
            "title": section.title,
            "text": new.get(section.position, section.text),
        }
        for section in sections
    ]
    written = _write(meeting, meeting.minutes_version + 1, parts)
    meeting.revise_minutes(papers.freeze_minutes(meeting, written, at=act.at))
    if former is not None:
        documents.void(former, act.at)
    act.note(version=meeting.minutes_version, sections=changed, signatures_void=void)
    _ask_signatures(meeting, act.at, revised=bool(void))


@verb(
    machine=Meeting,
    name="revise_with_dissent",
    fsm="revise_minutes",
    label=_("write a signed dissent in the minutes"),
    who=(seat_holder,),
    guards=(rules.minutes_are_intact,),
    documents=("minutes",),
    mails=("reviews/meeting.minutes_to_sign",),
    inner=True,
)
def revise_with_dissent(act, meeting, *, item, former, line):
    """A member signs his dissent after the minutes were drafted: the part of the item says it, in place of his `former` line if he had one."""
    for section in queries.sections_of(meeting):
        if section.item_id == item.pk:
            text = (
                section.text.replace(former, line) if former and former in section.text else f"{section.text}\n{line}"
            )
            _new_version(act, meeting, {section.position: text}, [section.position])


@deed(
    on=Meeting,
    label=_("sign the minutes"),
    who=(president,),
    sources=(MeetingState.CLOSED,),
    documents=("minutes",),
    guards=(rules.minutes_are_rendered, rules.minutes_are_intact, rules.has_something_to_sign),
)
def _sign(act, meeting, *, evidence=None):
    """One signature: the list of hashes of the sections that this person answers for."""
    sections = queries.sections_of(meeting)
    college, capacity, mine = rules.to_sign(act.actor, meeting, sections, act.at)
    hashes = [section.hash for section in mine]
    with translation.override(meeting.minutes.language):  # the capacity is part of the paper: in its language
        words = {
            MinutesCapacity.PRESIDENT: _now("co-president, college of %(college)s"),
            MinutesCapacity.ACTING: _now("acting president, college of %(college)s"),
        }[capacity] % {"college": str(rules.LABELS[college])}
    signature = documents.sign(
        meeting.minutes,
        signer=act.actor,
        capacity=words,
        at=act.at,
        evidence={**(evidence or {}), "sections": hashes, "list": rules.list_hash(hashes)},
    )
    MinutesSignature.objects.create(
        meeting=meeting,
        version=meeting.minutes_version,
        college=college,
        user=act.actor,
        capacity=capacity,
        hashes=hashes,
        list_hash=rules.list_hash(hashes),
        signed_at=act.at,
        signature=signature,
    )
    MinutesRefusal.objects.filter(meeting=meeting, user=act.actor, withdrawn_at__isnull=True).update(
        withdrawn_at=act.at
    )
    act.note(
        version=meeting.minutes_version, college=college, capacity=str(capacity), sections=len(hashes), of=len(sections)
    )


def sign_minutes(*, meeting, actor, at=None, evidence=None) -> Meeting:
    """Sign; with the last signature missing the minutes are adopted in the same transaction. Raises Refusal."""
    at = at or timezone.now()
    with transaction.atomic():
        _sign(meeting=meeting, actor=actor, at=at, evidence=evidence)
        meeting = locked(meeting)
        if not rules.missing_signatures(meeting):
            adopt_minutes(meeting=meeting, actor=actor, at=at)
    return Meeting.objects.get(pk=meeting.pk)


sign_minutes.verb, sign_minutes.keyword = _sign.verb, _sign.keyword


@verb(
    machine=Meeting,
    label=_("adopt the minutes"),
    who=(president,),
    guards=(rules.everyone_signed, rules.minutes_are_intact),
    mails=("reviews/decision.to_sign",),
)
def adopt_minutes(act, meeting):
    """Every section is signed for both colleges: the minutes stand, award decisions may be signed."""
    meeting.adopt_minutes(act.at)
    act.note(version=meeting.minutes_version)
    decisions.tell_minutes_adopted(meeting.call, at=act.at)


@deed(
    on=Meeting,
    label=_("refuse to sign the minutes"),
    who=(president,),
    sources=(MeetingState.CLOSED,),
    guards=(reason_given, rules.has_something_to_sign),
    danger=True,
)
def refuse_minutes(act, meeting, *, reason):
    """A president refuses, saying why: another member of the college may stand in, or the next meeting adopt the minutes by a vote."""
    act.because(reason)
    MinutesRefusal.objects.filter(meeting=meeting, user=act.actor, withdrawn_at__isnull=True).update(
        withdrawn_at=act.at
    )
    MinutesRefusal.objects.create(
        meeting=meeting,
        college=queries.presides(act.actor, meeting, act.at),
        user=act.actor,
        reason=reason.strip(),
        refused_at=act.at,
    )


@verb(
    machine=Meeting,
    label=_("adopt the minutes by a vote"),
    who=(president,),
    documents=("minutes",),
    mails=("reviews/decision.to_sign",),
    guards=(rules.refusal_stands, rules.later_meeting_adopted, rules.minutes_are_intact),
)
def adopt_by_vote(act, meeting, *, item):
    """A later meeting adopted the minutes that a president would not sign; his disagreement is written in them."""
    former, sections = meeting.minutes, queries.sections_of(meeting)
    meeting.minutes = papers.freeze_minutes(meeting, sections, at=act.at)
    if former is not None:
        documents.void(former, act.at)
    meeting.adopt_by_vote(item, act.at)
    act.note(version=meeting.minutes_version, item=item.pk)
    decisions.tell_minutes_adopted(meeting.call, at=act.at)
