"""Documents sent in several times: begun, appended to at the offset the server holds, then checked and attached like any other."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext as _

from applications.enums import PIECE_KINDS, AttachmentKind
from applications.models import Application, Upload
from applications.models.upload import upload_folder
from applications.queries import rules_of
from applications.rules import people, rights
from applications.transitions.common import writing
from applications.transitions.writing import attach
from core.files import check_or_quarantine, clean_name, too_large
from core.models import User
from core.transitions import Refusal, locked

KEPT = timedelta(hours=24)


def largest(application: Application) -> int:
    """In bytes, by the rules of the call."""
    return rules_of(application)["attachment_max_megabytes"] * 1024 * 1024


def begin(*, application: Application, actor: User, at: datetime, name: str, size: int, kind: str = "other") -> Upload:
    """Room for a document of `size` bytes, for 24 hours. Raises Refusal `file_too_large` (413), `attachment_count_exceeded`…

    A file never has more documents on their way than it may hold: the oldest one makes room.
    """
    guards = (rights.content_is_writable,)
    with writing(
        "attach", application, actor=actor, at=at, who=people.applicant, guards=guards, code="documents"
    ) as act:
        name = clean_name(name)
        if size > largest(act.obj):
            raise too_large(name, largest(act.obj))
        most = rules_of(act.obj)["attachment_max_count"]
        rights.room_for_a_document(act.obj, most)
        begun = list(act.obj.uploads.order_by("-created_at")[most - 1 :])
        for upload in begun:
            _forget(upload)
        return Upload.objects.create(
            application=act.obj,
            user=actor,
            name=name,
            kind=kind if kind in AttachmentKind.values else AttachmentKind.OTHER,
            size=size,
            created_at=at,
            expires_at=at + KEPT,
        )


def append(*, upload: Upload, actor: User, at: datetime, offset: int, chunks: Iterable[bytes]) -> Upload:
    """Add bytes at `offset`, which must be what the server holds (`offset_conflict`, 409: of two writers one wins). Whole, the document is
    checked and attached; refused then, nothing of it is kept.

    `chunks` are read before the lock is taken: a slow network holds up nobody.
    """
    content = b"".join(chunks)
    with transaction.atomic():
        upload = locked(upload)
        if upload.offset != offset:
            raise Refusal(
                "offset_conflict",
                _("The fund holds another part of this document than the one you continue."),
                remedy=_("Ask where to continue, then send from there."),
                status=409,
            )
        if offset + len(content) > upload.size:
            raise too_large(upload.name, upload.size)
        if content:
            upload_folder().mkdir(mode=0o700, parents=True, exist_ok=True)
            # What a crash left beyond the offset is written over.
            with os.fdopen(os.open(upload.path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as part:
                part.seek(offset)
                part.write(content)
                part.truncate()
            upload.offset += len(content)
            upload.save(update_fields=["offset"])
    if upload.offset == upload.size and upload.attachment_id is None:
        _complete(upload, actor, at)
    return upload


def _complete(upload: Upload, actor: User, at: datetime) -> None:
    """The same check and the same verb as a document sent at once. The row stays: who lost the last answer learns that all arrived."""
    try:
        with upload.path.open("rb") as part:
            whole = File(part, name=upload.name)
            content_type, scanned = check_or_quarantine(whole, kinds=PIECE_KINDS, max_bytes=largest(upload.application))
            upload.attachment = attach(
                application=upload.application,
                actor=actor,
                at=at,
                uploaded=whole,
                content_type=content_type,
                kind=upload.kind,
                scanned=scanned,
            )
    except (
        FileNotFoundError
    ):  # the same last part sent twice: the other one has just attached the document (or a disk was lost)
        row = Upload.objects.select_related("attachment").filter(pk=upload.pk).first()
        upload.attachment = row.attachment if row else None
        if upload.attachment is None:
            _forget(upload)
            raise Refusal(
                "upload_lost", _("The fund no longer holds this document."), remedy=_("Send it again."), status=410
            ) from None
        return
    except Refusal:
        _forget(upload)
        raise
    Upload.objects.filter(pk=upload.pk).update(attachment=upload.attachment)
    upload.path.unlink(missing_ok=True)


def _forget(upload: Upload) -> None:
    upload.path.unlink(missing_ok=True)
    upload.delete()


def expire(*, at: datetime) -> int:
    """Clock: what was not finished in a day goes, and bytes whose row went with its file."""
    over = list(Upload.objects.filter(expires_at__lte=at).order_by("created_at")[:500])
    for upload in over:
        _forget(upload)
    parts = list(upload_folder().iterdir()) if upload_folder().exists() else []
    known = {pk.hex for pk in Upload.objects.values_list("pk", flat=True)} if parts else set()
    for part in parts:
        if part.name not in known:
            part.unlink(missing_ok=True)
    return len(over)
