from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from payments.enums import PAGE_TO_LOOK_AT, PageFinding
from payments.models.agreement import instant, person
from payments.models.statement import StatementQuerySet


class PaperScan(models.Model):
    """A scan of papers signed by hand, of any number of documents: kept whole, read page by page by the worker. The same bytes are one scan.

    `clean_at`: the antivirus has said that it is clean; nothing is opened before. `claimed_until`: a worker has it in hand until then.
    """

    name = models.CharField(_("file"), max_length=200)
    file = models.FileField(_("file"), upload_to="papers/%Y/%m/", blank=True)
    sha256 = models.CharField(_("SHA-256"), max_length=64, unique=True)
    content_type = models.CharField(_("type"), max_length=60)
    size = models.PositiveBigIntegerField(_("size"))
    pages_count = models.PositiveIntegerField(_("pages"))
    by = person(_("given by"))
    at = models.DateTimeField(_("given at"))
    clean_at = instant(_("found clean at"))
    done = models.PositiveIntegerField(_("pages read"), default=0)
    claimed_until = models.DateTimeField(null=True, blank=True)
    finished_at = instant(_("finished at"))
    failed = models.TextField(_("why it was not read"), blank=True)

    objects = StatementQuerySet.as_manager()

    class Meta:
        verbose_name = _("scan of signed papers")
        verbose_name_plural = _("scans of signed papers")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(done__lte=models.F("pages_count")), name="paper_scan_done"),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) | Q(clean_at__isnull=False, failed=""), name="paper_scan_read"
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def phase(self) -> str:
        """`waiting` for the antivirus, `reading`, `done` or `failed`."""
        if self.failed:
            return "failed"
        if self.finished_at:
            return "done"
        return "reading" if self.clean_at else "waiting"


class PaperPage(models.Model):
    """One page of a scan: what its code says, where it was filed, or what a person has to look at. `turn`: by how many degrees it lies turned."""

    scan = models.ForeignKey(PaperScan, models.PROTECT, related_name="pages", verbose_name=_("scan"))
    position = models.PositiveIntegerField(_("place in the scan"))
    turn = models.PositiveSmallIntegerField(_("turned by"), default=0)
    original = models.ForeignKey(
        "core.Document",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="paper_pages",
        verbose_name=_("document signed"),
    )
    number = models.PositiveIntegerField(_("page"), null=True, blank=True)
    count = models.PositiveIntegerField(_("of"), null=True, blank=True)
    finding = models.CharField(_("what was found"), max_length=12, choices=PageFinding.choices, db_index=True)
    handled_by = person(_("handled by"))
    handled_at = instant(_("handled at"))
    note = models.CharField(_("note"), max_length=300, blank=True)

    objects = StatementQuerySet.as_manager()

    class Meta:
        verbose_name = _("page of a scan")
        verbose_name_plural = _("pages of scans")
        ordering = ["scan_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["scan", "position"], name="paper_page_once"),
            models.UniqueConstraint(
                fields=["original", "number"], condition=Q(finding="filed"), name="paper_page_filed_once"
            ),
            models.CheckConstraint(condition=Q(finding__in=PageFinding.values), name="paper_page_finding"),
            models.CheckConstraint(
                condition=~Q(finding="filed")
                | Q(original__isnull=False, number__isnull=False, count__isnull=False, number__lte=models.F("count")),
                name="paper_page_filed_where",
            ),
            models.CheckConstraint(
                condition=~Q(finding="set_aside") | Q(handled_by__isnull=False) & ~Q(note=""),
                name="paper_page_set_aside_why",
            ),
        ]

    def __str__(self):
        return f"{self.scan_id} / {self.position}"

    @property
    def is_to_look_at(self) -> bool:
        return self.finding in PAGE_TO_LOOK_AT


class PaperCopy(models.Model):
    """The signed copy of a document, put together from its scanned pages, a document of its own. One that does not serve is withdrawn, with why."""

    original = models.ForeignKey(
        "core.Document", models.PROTECT, related_name="paper_copies", verbose_name=_("document signed")
    )
    document = models.OneToOneField("core.Document", models.PROTECT, related_name="+", verbose_name=_("signed copy"))
    complete_at = models.DateTimeField(_("complete at"))
    withdrawn_at = instant(_("withdrawn at"))
    withdrawn_by = person(_("withdrawn by"))
    note = models.CharField(_("why"), max_length=300, blank=True)

    objects = StatementQuerySet.as_manager()

    class Meta:
        verbose_name = _("signed copy")
        verbose_name_plural = _("signed copies")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["original"], condition=Q(withdrawn_at__isnull=True), name="paper_copy_one_of_a_document"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | ~Q(note="") & Q(withdrawn_by__isnull=False),
                name="paper_copy_withdrawn_why",
            ),
        ]

    def __str__(self):
        return str(self.document_id)
