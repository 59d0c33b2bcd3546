"""Documents sent over a bad network: the tus 1.0 protocol (https://tus.io), its core with creation and expiration."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from django.contrib import messages
from django.http import Http404, HttpResponse, UnreadablePostError
from django.urls import reverse
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from applications.models import Upload
from applications.transitions import uploads
from applications.views.acts import of_team
from applications.views.pieces import IN_QUARANTINE, IN_THE_FILE
from core.access import allow, signed_in
from core.browser import as_int
from core.transitions import Refusal

VERSION = "1.0.0"
BLOCK = 64 * 1024


def _answer(status: int, text: str = "", **headers) -> HttpResponse:
    response = HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
    response["Tus-Resumable"], response["Cache-Control"] = VERSION, "no-store"
    for name, value in headers.items():
        response[name.replace("_", "-")] = value
    return response


def _metadata(request) -> dict[str, str]:
    """`Upload-Metadata`: pairs of a key and base64. What cannot be read is left out."""
    found = {}
    for pair in request.headers.get("Upload-Metadata", "").split(","):
        key, _sep, value = pair.strip().partition(" ")
        try:
            found[key] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            continue
    return found


def _speaks(request) -> bool:
    return request.headers.get("Tus-Resumable") == VERSION


def _other_version() -> HttpResponse:
    return _answer(412, _("This version of the protocol is not spoken here."), Tus_Version=VERSION)


@allow(signed_in)
@require_http_methods(["OPTIONS", "POST"])
def begin(request, reference):
    """Creation: `Upload-Length`, `Upload-Metadata` (filename, kind); the answer's Location is where to send."""
    application = of_team(request, reference)
    if request.method == "OPTIONS":
        return _answer(
            204,
            Tus_Version=VERSION,
            Tus_Extension="creation,expiration",
            Tus_Max_Size=str(uploads.largest(application)),
        )
    if not _speaks(request):
        return _other_version()
    size, facts = as_int(request.headers.get("Upload-Length")), _metadata(request)
    if not size:
        return _answer(400, _("The size of the document is missing, or zero."))
    try:
        upload = uploads.begin(
            application=application,
            actor=request.user,
            at=request.received_at,
            name=facts.get("filename", ""),
            size=size,
            kind=facts.get("kind", "other"),
        )
    except Refusal as refusal:
        return _answer(refusal.status, str(refusal))
    return _answer(
        201,
        Location=reverse("applications:upload", args=[reference, upload.pk]),
        Upload_Offset="0",
        Upload_Expires=http_date(upload.expires_at.timestamp()),
    )


@allow(signed_in)
@require_http_methods(["HEAD", "PATCH"])
def upload(request, reference, pk):
    """HEAD tells where to continue; PATCH sends from there. Each person continues only what they began, while they are of the team."""
    row = (
        Upload.objects.filter(application=of_team(request, reference), user=request.user, pk=pk)
        .filter(expires_at__gt=request.received_at)
        .select_related("application__call__rule_version")
        .first()
    )
    if row is None:
        raise Http404
    if not _speaks(request):
        return _other_version()
    expires = http_date(row.expires_at.timestamp())
    if request.method == "HEAD":
        return _answer(200, Upload_Offset=str(row.offset), Upload_Length=str(row.size), Upload_Expires=expires)
    if request.content_type != "application/offset+octet-stream":
        return _answer(415, _("The bytes are sent as application/offset+octet-stream."))
    offset = as_int(request.headers.get("Upload-Offset"))
    if offset is None:
        return _answer(400, _("The offset is missing."))
    was_whole = row.attachment_id is not None
    try:
        row = uploads.append(
            upload=row,
            actor=request.user,
            at=request.received_at,
            offset=offset,
            chunks=_received(request, row.size - min(offset, row.size)),
        )
    except Refusal as refusal:
        return _answer(refusal.status, str(refusal))
    if row.attachment and not was_whole:
        messages.success(request, IN_QUARANTINE if row.attachment.scan_state == "pending" else IN_THE_FILE)
    return _answer(204, Upload_Offset=str(row.offset), Upload_Expires=expires)


def _received(request, most: int) -> Iterator[bytes]:
    """The body as far as it came (a line that breaks keeps what went through), and one byte past `most` to tell that it is too long."""
    left = most + 1
    try:
        while left and (block := request.read(min(BLOCK, left))):
            left -= len(block)
            yield block
    except UnreadablePostError:
        return
