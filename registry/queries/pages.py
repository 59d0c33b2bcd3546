"""The public texts of a project, one by one; what two people changed of them; the public log."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from applications.models import Application
from core.redaction import redacted
from core.transitions import canonical_hash
from payments.queries import public as payments
from registry.enums import PageState, Stage
from registry.models import PageChange, PublicPage
from registry.queries.grants import PublishedGrant
from registry.queries.told import published_applications, tellable, told
from reviews.enums.meeting import CUT_REASON, CUT_REASON_TOLD

LABELS = {
    "title": _("title"),
    "summary": _("summary"),
    "need": pgettext_lazy("text of a project", "the need"),
    "solution": pgettext_lazy("text of a project", "the solution"),
    "licence": _("licence"),
    "repository_url": _("address of the source code"),
    "demo_url": _("address of a demonstration"),
    "grounds": _("the panel’s reasons"),
    "reduction": _("why the amount is less than what was requested"),
}
"""Texts of every project, in the order of its page; those of accepted reports come after, as `report-<key>`."""
ADDRESSES = ("repository_url", "demo_url")
REPORT = "report-"


def label_of(name: str):
    """A text in a few words, for everybody."""
    return LABELS.get(name) or _("account of an accepted report")


def texts_of(grant: PublishedGrant, reports: Iterable[Mapping]) -> dict[str, str]:
    """What the public reads of a project that is taken up, text by text. `reports`: those of `payments.queries.public`."""
    put = grant.page.texts if grant.page else {}
    story = (grant.source.content or {}).get("project", {})
    found = {
        "title": grant.title,
        "summary": grant.purpose,
        "need": redacted(put.get("need", str(story.get("need") or ""))),
        "solution": redacted(put.get("solution", str(story.get("solution") or ""))),
        "licence": grant.licence,
        "repository_url": grant.repository_url,
        "demo_url": grant.demo_url,
        "grounds": redacted(put.get("grounds", grant.decision.grounds)),
        "reduction": redacted(put.get("reduction", _reduction(grant.decision))),
    }
    accepted = [one for one in reports if one["state"] == "accepted"]
    return found | {
        f"{REPORT}{one['pk']}": redacted(put.get(f"{REPORT}{one['pk']}", one["public_text"])) for one in accepted
    }


def _reduction(decision) -> str:
    """Why the amount is less than the request, as the letter gives it, to everybody; empty when it is not."""
    told = str(decision.details.get("reduction_reason", ""))
    return (CUT_REASON_TOLD if told == CUT_REASON else told).strip()


def reports_of(grant: PublishedGrant, reports: Iterable[Mapping], texts: Mapping[str, str]) -> list[dict]:
    """Accepted reports as the page shows them: corrected, and without contacts and accounts."""
    put = grant.page.texts if grant.page else {}
    addresses = {name: texts[name] for name in ADDRESSES if name in put}
    accepted = (one for one in reports if one["state"] == "accepted")
    cleared = [
        {name: redacted(value) if isinstance(value, str) else value for name, value in one.items()} for one in accepted
    ]
    return [one | addresses | {"public_text": texts[f"{REPORT}{one['pk']}"]} for one in cleared]


def whole(application: Application) -> PublishedGrant | None:
    """The grant as its page tells it when it is not taken down; None when the project is not published, or not taken up."""
    found = told(list(tellable().filter(pk=application.pk)), whole=True)
    return found[0] if found and found[0].stage != Stage.NOT_TAKEN_UP else None


def present_texts(application: Application) -> dict[str, str]:
    """What the public reads, or would if the page were not taken down; empty when there is nothing of it to correct."""
    grant = whole(application)
    if grant is None:
        return {}
    return texts_of(grant, payments.grant(grant.agreement)["reports"] if grant.agreement else [])


def seen(texts: Mapping[str, str], names: Iterable[str]) -> str:
    """What was read of these texts when a correction was proposed: their hash, never their words."""
    return canonical_hash({name: texts.get(name, "") for name in sorted(names)})


def page_of(application: Application) -> PublicPage:
    """Its page, a new one that nobody changed when it has none."""
    return PublicPage.objects.filter(application=application).first() or PublicPage(application=application)


# ---- the desk ----


def of_desk(text: str = "") -> QuerySet[Application]:
    """Published projects that are taken up, changed pages first, latest change on top."""
    rows = published_applications().filter(state="selected")
    if text:
        rows = rows.filter(Q(title__icontains=text) | Q(reference__icontains=text))
    return rows.order_by("-public_page__changed_at", "-pk")


# ---- the public log ----


@dataclass(frozen=True)
class Told:
    """One change as everybody may know it. `before` and `after` are None when they are not told."""

    number: int
    on: date
    at: object
    reference: str
    kind: str
    kind_label: object
    field: str
    before: str | None
    after: str | None
    ground: str
    ground_label: object

    @property
    def field_label(self):
        return label_of(self.field) if self.field else ""

    @property
    def difference(self) -> tuple[str, str, str, str]:
        """What both texts begin with, what went, what came, what both end with: whole words."""
        return difference(self.before or "", self.after or "")

    @property
    def path(self) -> str:
        return f"/projets/{self.reference}/"


def difference(before: str, after: str) -> tuple[str, str, str, str]:
    old, new = (re.findall(r"\s+|\S+", text) for text in (before, after))
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    gone, come = (words[start : len(words) - end] for words in (old, new))
    return "".join(old[:start]), "".join(gone), "".join(come), "".join(old[len(old) - end :])


def _common(one: list[str], other: list[str]) -> int:
    """With how many equal words both begin."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


def log(reference: str = "") -> QuerySet[PageChange]:
    """Every change of a public page, latest first."""
    rows = PageChange.objects.select_related("page__application").order_by("-pk")
    return rows.filter(page__application__reference=reference.strip().upper()) if reference else rows


def told_changes(rows: Iterable[PageChange]) -> list[Told]:
    """These rows of the log. While a page is taken down, or its project given up, none of its texts is told."""
    return [_told(row) for row in rows]


def _told(row: PageChange) -> Told:
    application = row.page.application
    shown = row.page.state == PageState.PUBLISHED and application.state == "selected" and (row.before or row.after)
    return Told(
        row.pk,
        timezone.localdate(row.at),
        row.at,
        application.reference,
        row.kind,
        row.get_kind_display(),
        row.field,
        redacted(row.before) if shown else None,
        redacted(row.after) if shown else None,
        row.ground,
        row.get_ground_display(),
    )


def unpublished(references: Iterable[str]) -> list[tuple[str, date, str]]:
    """(reference, day, ground in words) of those among these projects whose page is taken down. One query."""
    rows = PublicPage.objects.filter(
        state=PageState.UNPUBLISHED, application__reference__in={one for one in references if one}
    ).select_related("application")
    return [
        (row.application.reference, timezone.localdate(row.changed_at), str(row.get_ground_display()))
        for row in rows.order_by("application__reference")
    ]


def is_told(application: Application) -> bool:
    """Whether the project is published and taken up: only then has it a page to change."""
    return published_applications().filter(pk=application.pk, state="selected").exists()
