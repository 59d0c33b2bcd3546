"""Writing: a draft is opened on a call, its sections are saved as they are, its documents added and taken off."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from applications import queries
from applications.enums import AttachmentKind, ScanState, SectionCode
from applications.models import Application, ApplicationSection, Attachment, TeamMember
from applications.notifications import tell, writers_of
from applications.queries import rules_of
from applications.rules import people, rights, window
from applications.schema import SECTIONS, clean
from applications.transitions.common import columns, note, writing
from core import references
from core.models import User
from core.transitions import Refusal, clock, verb
from fund.register import Facts


class VersionConflict(Refusal):
    """Someone else saved the section meanwhile. Both texts are kept: `theirs` is what is stored, `mine` what was about to be."""

    def __init__(self, section: ApplicationSection, mine: dict, *, own: bool = False):
        super().__init__(
            "version_conflict",
            _("You saved this passage elsewhere, in another window, while you were writing here.")
            if own
            else _("%(name)s changed this passage while you were writing.") % {"name": section.updated_by},
            remedy=_("Both versions are kept: choose one or merge them."),
            article="art. 2",
        )
        self.section, self.theirs, self.mine, self.version = section, section.content, mine, section.version


@verb(
    machine=Application,
    label=gettext_lazy("open a draft"),
    who=(people.anyone_signed_in,),
    creates="draft",
    on="call",
    guards=(window.call_is_announced,),
)
def create(act, call, *, applicant_kind, cloned_from=None):
    """Open a draft. `applicant_kind` is citizen, association or collective; `cloned_from` an earlier file of the same person, whose texts are copied."""
    if cloned_from is not None and not queries.is_member(act.actor, cloned_from):
        raise Refusal("not_permitted", rights.NOT_A_MEMBER)
    reference = references.new("FP", timezone.localtime(call.opens_at).year)
    while Application.objects.filter(reference=reference).exists():
        reference = references.new("FP", timezone.localtime(call.opens_at).year)
    application = Application.objects.create(
        reference=reference,
        call=call,
        applicant_kind=applicant_kind,
        lead=act.actor,
        created_at=act.at,
        applicant_key=f"user:{act.actor.pk}",
        cloned_from=cloned_from,
        bearer_person=act.actor if applicant_kind == "citizen" else None,
    )
    if cloned_from is not None:
        _copy(cloned_from, application, act)
    elif applicant_kind == "citizen" and act.actor.name:
        _store(application, "applicant", clean("applicant", {"name": act.actor.name}), act)
    return application


def _copy(source: Application, target: Application, act) -> None:
    """Texts, people who are only named, and documents of an earlier file. Statements on honour are made anew; invitations are not sent again."""
    for code, content in source.draft_content.items():
        if content and code != SectionCode.STATEMENTS:
            _store(target, code, clean(code, content), act)
    for member in source.members.filter(user=None, token_hash=""):
        TeamMember.objects.create(
            application=target, name=member.name, role=member.role, description=member.description, created_at=act.at
        )
    for piece in source.attachments.current():
        Attachment.objects.create(
            application=target,
            kind=piece.kind,
            name=piece.name,
            file=piece.file.name,
            size=piece.size,
            sha256=piece.sha256,
            content_type=piece.content_type,
            uploaded_by=act.actor,
            uploaded_at=act.at,
            scan_state=piece.scan_state,
        )


def _store(application: Application, code: str, content: dict, act) -> ApplicationSection:
    row, _created = ApplicationSection.objects.get_or_create(
        application=application, code=code, defaults={"updated_at": act.at, "updated_by": act.actor}
    )
    row.content, row.version, row.updated_at, row.updated_by = content, row.version + 1, act.at, act.actor
    row.save()
    if application.state == "draft":  # the columns of a filed file follow what was filed
        for name, value in columns(application, {code: content}, create=False).items():
            setattr(application, name, value)
        application.save()
    return row


def save_section(
    *,
    application: Application,
    actor: User,
    at: datetime,
    code: str,
    content: dict[str, Any],
    version: int | None = None,
) -> ApplicationSection:
    """Keep a section of the working copy, complete or not. Keys that are not given keep what they hold.

    `version` is the one the writer started from (None writes over); another one raises VersionConflict (`version_conflict`, 409) and changes nothing.
    """
    if code not in SECTIONS:
        raise Refusal("unknown_section", _("This section does not exist."), status=404)
    guards = (rights.content_is_writable,)
    with writing(
        "save_section", application, actor=actor, at=at, who=people.applicant, guards=guards, code=code
    ) as act:
        row = act.obj.sections.select_related("updated_by").filter(code=code).first()
        held = row.content if row else {}
        wanted = clean(code, {**held, **content})
        if row and clean(code, held) == wanted:
            return row
        if row and version is not None and row.version != version:
            raise VersionConflict(row, wanted, own=row.updated_by == actor)
        agreed = _agreed(act.obj)
        row = _store(act.obj, code, wanted, act)
        _ask_again(act, agreed, SectionCode(code).label)
        return row


def _agreed(application: Application) -> list[User]:
    """Those whose agreement holds for the content as it is now (nothing to look up while nobody has agreed)."""
    if not application.sign_offs.exists():
        return []
    now = queries.hash_now(application)
    return [sign_off.user for sign_off in application.sign_offs.select_related("user").filter(content_hash=now)]


def _ask_again(act, agreed: list[User], part, who: str = "") -> None:
    """Their agreement was to the content before: told once, at the first change."""
    people_ = [person for person in agreed if person != act.actor and queries.is_signatory(person, act.obj)]
    if people_:
        tell(
            "team.sign_off_reset",
            act.obj,
            "verifier/",
            at=act.at,
            to=people_,
            who=who or str(act.actor),
            part=part,
            changed_at=act.at,
        )


def fill_from_register(*, application: Application, actor: User, at: datetime, facts: Facts) -> list[str]:
    """Write what the official register says where the applicant wrote nothing yet. Returns the keys that were filled. Raises VersionConflict
    when somebody saves meanwhile: what a person writes goes first.
    """
    prefix, row = queries.body_prefix(application), application.sections.filter(code="applicant").first()
    if prefix is None or row is None:
        return []
    written = clean("applicant", row.content)
    said = {f"{prefix}name": facts.name, f"{prefix}address": facts.address, f"{prefix}rna": facts.rna}
    blanks = {key: value for key, value in said.items() if value and not written[key]}
    if blanks:
        save_section(application=application, actor=actor, at=at, code="applicant", content=blanks, version=row.version)
    return list(blanks)


def attach(
    *,
    application: Application,
    actor: User,
    at: datetime,
    uploaded,
    content_type: str,
    kind: str = "other",
    scanned: bool = True,
) -> Attachment:
    """Add a document that was checked (`core.files.check_or_quarantine` gave its type and whether it was scanned). The same bytes twice as
    the same kind are one document. One that waits for the antivirus is in the file, and opens for nobody.
    """
    guards = (rights.content_is_writable,)
    with writing(
        "attach", application, actor=actor, at=at, who=people.applicant, guards=guards, code="documents"
    ) as act:
        sha256 = _fingerprint(uploaded)
        same = act.obj.attachments.current().filter(sha256=sha256, kind=kind).first()
        if same:
            return same
        rights.room_for_a_document(act.obj, rules_of(act.obj)["attachment_max_count"])
        return _keep(act, uploaded, sha256, content_type, kind, scanned, uploaded_by=actor)


def attach_letter(
    *, application: Application, actor: User, at: datetime, uploaded, content_type: str, scanned: bool, sender: str
) -> Attachment:
    """The letter an agent joins to his confirmation, checked like any document: in the working copy, whatever the state, for whoever
    confirms in time; not counted among the applicant's. Nobody with an account uploaded it; `sender` is the administration.
    """
    with writing("attach", application, actor=actor, at=at, who=None) as act:
        sha256, kind = _fingerprint(uploaded), AttachmentKind.PARTNER_LETTER
        same = act.obj.attachments.current().of_partners().filter(sha256=sha256).first()
        return same or _keep(act, uploaded, sha256, content_type, kind, scanned, uploaded_by=None, sender=sender)


def _fingerprint(uploaded) -> str:
    digest = hashlib.sha256()
    for chunk in uploaded.chunks():
        digest.update(chunk)
    uploaded.seek(0)
    return digest.hexdigest()


def _keep(
    act, uploaded, sha256: str, content_type: str, kind: str, scanned: bool, *, uploaded_by: User | None, sender=""
) -> Attachment:
    agreed = _agreed(act.obj)
    piece = Attachment.objects.create(
        application=act.obj,
        kind=kind,
        name=uploaded.name[-200:],
        file=uploaded,
        size=uploaded.size,
        sha256=sha256,
        content_type=content_type,
        uploaded_by=uploaded_by,
        uploaded_at=act.at,
        scan_state=ScanState.CLEAN if scanned else ScanState.PENDING,
    )
    note(act, attachment=piece.pk, sha256=piece.sha256)
    if act.obj.state == "draft" or uploaded_by:  # a letter that comes after filing changes nothing that was agreed to
        _ask_again(act, agreed, SectionCode.DOCUMENTS.label, sender)
    return piece


def detach(*, application: Application, actor: User, at: datetime, attachment: Attachment) -> Attachment:
    """Take a document off the working copy. What was filed with it keeps it."""
    guards = (rights.content_is_writable,)
    with writing(
        "detach", application, actor=actor, at=at, who=people.applicant, guards=guards, code="documents"
    ) as act:
        piece = act.obj.attachments.current().filter(pk=attachment.pk).first()
        if piece is None:
            return attachment
        agreed = _agreed(act.obj)
        piece.removed_at = at
        piece.save(update_fields=["removed_at"])
        note(act, attachment=piece.pk)
        _ask_again(act, agreed, SectionCode.DOCUMENTS.label)
        return piece


def end_quarantine(*, attachment: Attachment, actor: User, at: datetime, infected: bool) -> Attachment:
    """Clock: the antivirus has spoken. Clean, the document opens; infected, it leaves the copy, its bytes are deleted and the team is told.

    A version already filed keeps the name and fingerprint of what was filed: that is what the receipt says.
    """
    with writing("end_quarantine", attachment.application, actor=actor, at=at, who=clock) as act:
        piece = act.obj.attachments.filter(pk=attachment.pk, scan_state=ScanState.PENDING).first()
        if piece is None:
            return attachment
        if not infected:
            piece.scan_state = ScanState.CLEAN
            piece.save(update_fields=["scan_state"])
            return piece
        agreed, was_current = _agreed(act.obj), piece.removed_at is None
        storage, path = piece.file.storage, piece.file.name
        piece.scan_state, piece.file, piece.removed_at = ScanState.INFECTED, "", piece.removed_at or at
        piece.save(update_fields=["scan_state", "file", "removed_at"])
        if not Attachment.objects.filter(file=path).exists():  # a copied file shares its bytes until each is judged
            act.after_commit(lambda: storage.delete(path))
        note(act, attachment=piece.pk, sha256=piece.sha256)
        if was_current or piece.first_filed_at:
            tell("piece.infected", act.obj, "pieces/", at=at, to=writers_of(act.obj), name=piece.name)
        if was_current:
            _ask_again(act, agreed, SectionCode.DOCUMENTS.label)
        return piece


__all__ = ["VersionConflict", "attach", "attach_letter", "create", "detach", "end_quarantine", "save_section"]
