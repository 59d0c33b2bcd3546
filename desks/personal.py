"""All of a person's data as one archive: each room says what it holds, here it is put together (GDPR, articles 15 and 20)."""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
import zipfile
from typing import IO

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.text import get_valid_filename

import applications.queries.personal as of_applications
import payments.queries.personal as of_payments
from core import personal as of_core
from core.models import User
from fund.queries import personal as of_fund
from registry.queries import personal as of_registry
from reviews.queries import personal as of_reviews

log = logging.getLogger("fund.access")
NAME = "mes-donnees"
FORMAT = "1"
"""Grows when a key changes its meaning; docs/personal-data.md lists the keys."""
IN_MEMORY = 4 * 1024 * 1024


def everything(user: User, at) -> dict:
    """What the fund holds about this person, by room."""
    rooms = (of_core, of_fund, of_applications, of_reviews, of_payments, of_registry)
    held: dict = {"format": FORMAT, "made_at": at}
    for room in rooms:
        held |= room.personal(user)
    held["documents"] = [
        {
            "code": document.code,
            "kind": document.kind,
            "title": document.title,
            "reference": document.subject,
            "made_at": document.frozen_at,
            "sha256": document.sha256,
        }
        for document in _documents(user)
    ]
    return held


def _documents(user: User):
    references = of_applications.references(user) + list(
        of_payments.agreements_of(user).values_list("reference", flat=True)
    )
    return of_core.documents_of(user, references)


def archive(user: User, at) -> IO[bytes]:
    """The ZIP, at its beginning: `mes-donnees.json`, then the pieces the person gave and the documents he may open. The caller closes it."""
    target = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  the answer closes it when it is sent
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        text = json.dumps(everything(user, at), cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)
        packed.writestr(f"{NAME}/{NAME}.json", text)
        for room in (of_applications, of_payments):
            for reference, name, file in room.personal_files(user):
                _pack(packed, f"{NAME}/pieces/{reference}/{get_valid_filename(name)}", file)
        for document in _documents(user):
            _pack(packed, f"{NAME}/documents/{get_valid_filename(document.kind)}-{document.code}.pdf", document.file)
    target.seek(0)
    return target


def _pack(packed: zipfile.ZipFile, path: str, file) -> None:
    try:
        with file.open("rb") as source, packed.open(path, "w") as there:
            shutil.copyfileobj(source, there)
    except OSError:  # a file that storage lost must not keep the rest from its owner
        log.exception("a file of somebody's data is not in storage")
