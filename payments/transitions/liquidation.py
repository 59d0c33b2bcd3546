"""The liquidation file of an order, packed for the accounting officer: sheet, list, every supporting document."""

from __future__ import annotations

import csv
import io
import shutil
import tempfile
import zipfile
from typing import IO

from django.db import transaction
from django.utils import timezone
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _

from core import documents
from core.transitions import Refusal
from payments.documents.liquidation import liquidation_sheet
from payments.queries import liquidation
from payments.transitions import account as accounts
from payments.transitions.common import record_event

IN_MEMORY = 8 * 1024 * 1024


def pack(*, order, actor, at) -> IO[bytes]:
    """The ZIP, at its beginning; the caller closes it. The look at the proof of the account, and the making, are events. Raises Refusal."""
    with transaction.atomic():
        sheet = liquidation_sheet(order, at=at)
        accounts.seen(payee_account=order.account, actor=actor, at=at)
        record_event(order.instalment, "liquidation_file", actor=actor, at=at, order=order.reference, sheet=sheet.code)
    pieces = liquidation.pieces(order)
    target = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  the answer closes it when it is sent
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        _put(packed, f"00-fiche-de-liquidation-{sheet.code}.pdf", _bytes_of(sheet, at), at)
        listed = []
        for number, piece in enumerate(pieces, start=1):
            name = f"{number:02d}-{get_valid_filename(piece.name)}"
            source = _bytes_of(piece.source, at) if piece.is_document else piece.source.file
            _put(packed, name, source, at)
            digest = piece.source.sha256 or _fresh(piece.source)
            listed.append((number, name, piece.nature, piece.day.date().isoformat() if piece.day else "", digest))
        packed.writestr("liste-des-pieces.csv", _table(("numero", "fichier", "nature", "date", "sha256"), listed))
        packed.writestr(
            "controles.csv", _table(("article", "controle", "constat", "par", "le", "lot"), _controls(order))
        )
    target.seek(0)
    return target


def _fresh(document) -> str:
    document.refresh_from_db(fields=["sha256"])
    return document.sha256


def _bytes_of(document, at):
    """The stored file of a document, drawn now when nobody has."""
    try:
        return documents.render(document, at=at).file
    except Exception as error:
        raise Refusal(
            "document_not_rendered", documents.NOT_READY, remedy=documents.NOT_READY_REMEDY, status=503
        ) from error


def _put(packed: zipfile.ZipFile, name: str, file, at) -> None:
    entry = zipfile.ZipInfo(name, timezone.localtime(at).timetuple()[:6])
    entry.compress_type = packed.compression
    try:
        with file.open("rb") as source, packed.open(entry, "w") as there:
            shutil.copyfileobj(source, there)
    except (OSError, ValueError) as error:  # ValueError: the row has no file
        raise Refusal(
            "piece_missing",
            _("The file %(name)s is not in storage: the liquidation file would not be complete.") % {"name": name},
            remedy=_("Ask who runs the service to restore it from the backup."),
            status=503,
        ) from error


def _controls(order):
    for one in liquidation.checklist(order):
        when = one.at.isoformat(timespec="seconds") if one.at else ""
        yield one.article, str(one.label), " ".join(one.facts), str(one.by or ""), when, one.batch


def _table(head, rows) -> bytes:
    """UTF-8 with mark, semicolons, CRLF; no cell that a spreadsheet takes for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(head)
    for row in rows:
        writer.writerow([f"'{cell}" if str(cell)[:1] in "=+-@\t\r" else cell for cell in row])
    return ("\ufeff" + out.getvalue()).encode()
