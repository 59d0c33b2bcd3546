"""The file as a text to read: each section with its answers in words, for its team and for staff (the panel's pages may use it too)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.http import Http404
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from applications import queries
from applications.enums import BearerKind, ScanState, SectionCode
from applications.forms.section import LABELS, RESOURCE_STATUS, shown_keys
from applications.models import Application
from applications.rules.gaps import day_of
from applications.schema import SECTIONS, Key, total
from core.access import allow, signed_in
from core.money import format_euros
from fund import communes
from fund.models import Theme


@dataclass
class Line:
    """One answer: a text, or a table."""

    label: str
    text: str = ""
    is_long: bool = False
    heads: list[str] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)
    numbers: set[int] = field(default_factory=set)
    total: str = ""
    link: str = ""


@dataclass
class Part:
    code: str
    label: str
    lines: list[Line]


def cell(key: Key, value) -> str:
    """One answer in words."""
    if key.kind == "flag":
        return _("yes") if value else _("no")
    if value in (None, "", []):
        return ""
    if key.kind == "amount":
        return format_euros(value)
    if key.kind == "list":
        labels = dict(Theme.objects.filter(code__in=value).values_list("code", "label"))
        return ", ".join(labels.get(code, code) for code in value)
    if key.name == "insee_code":
        return str(communes.find(value) or value)
    if key.name == "cer_on":
        day = day_of(value)
        return date_format(day, "j F Y") if day else value
    if key.name == "bearer_kind":
        return str(dict(BearerKind.choices).get(value, value))
    if key.name == "status":
        return str(dict(RESOURCE_STATUS).get(value, value))
    return str(dict(key.choices).get(value, value)) if key.choices else str(value)


def _line(application: Application, code: str, key: Key, value) -> Line | None:
    label = str(LABELS.get((code, application.applicant_kind, key.name), key.label))
    label = label[:1].upper() + label[1:]
    if key.kind == "rows":
        columns = [column for column in key.columns if column.name != "is_fund"]
        if not value:
            return None
        if key.name == "resources":
            label = _("Resources")  # to read, the grant asked for is one of them
        heads = [str(column.label)[:1].upper() + str(column.label)[1:] for column in columns]
        amounts = any(column.kind == "amount" for column in columns)
        rows = [
            [
                _("This grant, asked of the fund")
                if row.get("is_fund") and column.name == "label"
                else cell(column, row.get(column.name))
                if column.kind != "flag" or row.get(column.name)
                else ""
                for column in columns
            ]
            for row in value
        ]
        return Line(
            label,
            heads=heads,
            rows=[list(zip(heads, row, strict=True)) for row in rows],
            total=format_euros(total(value)) if amounts else "",
            numbers={index for index, column in enumerate(columns) if column.kind in ("amount", "number")},
        )
    text = cell(key, value)
    if not text:
        return None
    link = text if key.name.endswith("_url") and text.startswith(("https://", "http://")) else ""
    return Line(label, text, key.kind == "text", link=link)


def pieces_of(application: Application, content: dict) -> list[dict]:
    """The documents of a content, then the partners' letters that came since; `closed` says why one cannot be opened (waiting for the
    antivirus, infected).
    """
    files = list(content["documents"].get("files", []))
    rows = {row.pk: row for row in application.attachments.all()}
    listed = {piece["id"] for piece in files}
    files += [
        {
            "id": row.pk,
            "kind": row.kind,
            "name": row.name,
            "size": row.size,
            "sha256": row.sha256,
            "since": row.uploaded_at,
        }
        for row in rows.values()
        if row.is_partner_letter and row.removed_at is None and row.first_filed_at is None and row.pk not in listed
    ]
    return [piece | {"closed": _closed(rows.get(piece["id"]))} for piece in files]


def _closed(row) -> str:
    return "" if row is None or row.scan_state == ScanState.CLEAN else str(ScanState(row.scan_state).label)


def parts_of(application: Application, content: dict) -> list[Part]:
    """Every section with what was answered, in order. Addresses and phone numbers are there: not for those who may not see them."""
    parts = []
    for code in SectionCode.values:
        section = content.get(code) or {}
        if code == "documents" and not section.get("note"):
            continue
        lines = [
            _line(application, code, SECTIONS[code].key(name), section.get(name))
            for name in shown_keys(application, code, content)
            if name in section
        ]
        parts.append(Part(code, str(SectionCode(code).label), [line for line in lines if line is not None]))
    return parts


@allow(signed_in)
@require_safe
def read(request, reference):
    """What was filed (of a draft, what is written), with its versions and receipts: for the team."""
    application = (
        Application.objects.of_team(request.user)
        .select_related("call", "lead", "filed_version", "organisation", "bearer_organisation", "bearer_person")
        .filter(reference=reference)
        .first()
    )
    if application is None:
        raise Http404
    content = application.content if application.is_filed else queries.content_now(application)
    changed = (
        application.is_filed
        and application.state == "submitted"
        and application.filed_version.content_hash != queries.hash_now(application)
    )
    return render(
        request,
        "applications/read.html",
        {
            "application": application,
            "parts": parts_of(application, content),
            "pieces": pieces_of(application, content),
            "versions": application.versions.select_related("receipt", "filed_by"),
            "team": content["applicant"].get("team", []),
            "partners": application.partnerships.select_related("organisation").exclude(state="cancelled"),
            "silence": queries.silence(application, request.received_at),
            "is_changed": changed,
            "is_writer": queries.is_applicant(request.user, application),
        },
    )
