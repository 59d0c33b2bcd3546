"""Papers signed by hand: what came, what is missing of which document, what a person has to look at."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Prefetch, Q

from core.models import Document
from payments.enums import PAGE_REMEDIES, PAGE_TO_LOOK_AT, PageFinding
from payments.models import Agreement, Amendment, PaperCopy, PaperPage, PaperScan

TO_LOOK_AT = Q(finding__in=PAGE_TO_LOOK_AT) | Q(finding="filed", original__state="void")
"""Pages that no scan settles by itself; those filed to a document that was made again since are of its former version."""


@dataclass
class Sheaf:
    """A document whose pages come back signed: what is there, what is missing, the copy made of it, who has still to sign for the bearer."""

    original: Document
    owner: Any
    pages: list[PaperPage] = field(default_factory=list)
    copy: PaperCopy | None = None

    @property
    def agreement(self):
        return self.owner.agreement if isinstance(self.owner, Amendment) else self.owner

    @property
    def count(self) -> int:
        return self.pages[0].count or 0 if self.pages else 0

    @property
    def missing(self) -> list[int]:
        return sorted(set(range(1, self.count + 1)) - {page.number or 0 for page in self.pages})

    @property
    def signatures(self) -> list:
        return [one for one in self.original.signatures.all() if one.on_paper]


def pages_to_look_at(user):
    """Pages that wait for a person, the oldest first."""
    found = PaperPage.objects.visible_to(user).filter(TO_LOOK_AT)
    return found.select_related("scan", "original").order_by("scan_id", "position")


def finding_of(page: PaperPage) -> tuple[Any, Any]:
    """The finding of a page to look at, in words, and what would settle it."""
    code = PageFinding.STALE if page.finding == "filed" else PageFinding(page.finding)
    return code.label, PAGE_REMEDIES.get(code.value, "")


def sheaves(user) -> list[Sheaf]:
    """Documents that wait for signatures and of which some pages came, those that are complete first. A constant number of queries."""
    pages = PaperPage.objects.visible_to(user).filter(finding="filed", original__state="rendered")
    owners = {
        ("agreement", row.pk): row
        for row in Agreement.objects.visible_to(user)
        .filter(state="accepted", document__paper_pages__finding="filed")
        .select_related("application")
        .distinct()
    } | {
        ("amendment", row.pk): row
        for row in Amendment.objects.visible_to(user)
        .filter(state="approved", document__paper_pages__finding="filed")
        .select_related("agreement__application")
        .distinct()
    }
    wanted = {owner.document_id for owner in owners.values()}
    by_document = defaultdict(list)
    for page in pages.filter(original__in=wanted).order_by("number"):
        by_document[page.original_id].append(page)
    live = PaperCopy.objects.filter(original__in=wanted, withdrawn_at__isnull=True).select_related("document")
    copies = {copy.original_id: copy for copy in live}
    documents = Document.objects.filter(pk__in=wanted).prefetch_related("signatures__signer")
    found = [
        Sheaf(one, owners[one.kind, one.owner_id], by_document[one.pk], copies.get(one.pk))
        for one in documents.defer("context")
    ]
    return sorted(found, key=lambda one: (one.copy is None, one.original.pk))


def waiting(user) -> int:
    """How much of the papers awaits a case officer: pages to look at, copies whose signatures nobody recorded."""
    unsigned = PaperCopy.objects.visible_to(user).filter(
        Q(original__pk__in=Agreement.objects.filter(state="accepted", bearer_signed_at=None).values("document"))
        | Q(original__pk__in=Amendment.objects.filter(state="approved", bearer_signed_at=None).values("document")),
        withdrawn_at__isnull=True,
    )
    return pages_to_look_at(user).count() + unsigned.count()


def scans(user):
    """Scans with their pages, the latest first."""
    shown = Prefetch("pages", PaperPage.objects.only("scan", "finding"))
    return PaperScan.objects.visible_to(user).select_related("by").prefetch_related(shown).order_by("-pk")
