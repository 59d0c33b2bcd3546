"""The grants made before this software, and the files that brought them."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from registry.enums import Licence


def part_of(amount: int, share: Decimal | None) -> int:
    """Whole cents of a share; the whole amount when the share is not known."""
    return amount if share is None or share == 1 else int((amount * share).to_integral_value())


class PastGrant(models.Model):
    """One row of an earlier grant, in the terms of SCDL "subventions" 2.1.1: one row per beneficiary, `share` is that body's part of `amount`.

    What its file did not say is unknown: null or empty, never a usual value. `row_key` is its public key and stays when it is corrected.
    """

    identity = models.CharField(_("identity of the grant"), max_length=64, db_index=True)
    row_key = models.CharField(_("key of the row"), max_length=64, unique=True)
    funder_name = models.CharField(_("funder"), max_length=255)
    funder_siret = models.CharField(_("funder's SIRET"), max_length=14)
    agreed_on = models.DateField(_("agreement date"), db_index=True)
    decision_reference = models.CharField(_("decision"), max_length=255, blank=True)
    recipient_name = models.CharField(_("recipient"), max_length=255)
    recipient_siret = models.CharField(_("recipient's SIRET"), max_length=14, blank=True)
    recipient_rna = models.CharField(_("recipient's RNA"), max_length=10, blank=True)
    purpose = models.TextField(_("purpose"))
    amount = models.BigIntegerField(_("amount in cents"))
    nature = models.CharField(_("nature"), max_length=60, blank=True)
    conditions = models.CharField(_("conditions of payment"), max_length=256, blank=True)
    paid_from_on = models.DateField(_("paid from"), null=True, blank=True)
    paid_until_on = models.DateField(_("paid until"), null=True, blank=True)
    rae = models.CharField(_("RAE number"), max_length=5, blank=True)
    eu_notified = models.BooleanField(_("notified to the EU"), null=True, blank=True)
    share = models.DecimalField(_("share"), max_digits=6, decimal_places=4, null=True, blank=True)
    scheme = models.CharField(_("scheme"), max_length=255, blank=True)
    imported_at = models.DateTimeField(_("imported at"))
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("imported by")
    )
    brought_by = models.ForeignKey(
        "HistoryFile", models.PROTECT, null=True, related_name="brought", verbose_name=_("brought by")
    )

    class Meta:
        verbose_name = _("earlier grant")
        verbose_name_plural = _("earlier grants")
        ordering = ["-agreed_on", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="past_grant_amount"),
            models.CheckConstraint(
                condition=Q(share__isnull=True) | Q(share__gt=0, share__lte=1), name="past_grant_share"
            ),
            models.CheckConstraint(condition=~Q(recipient_siret="", recipient_rna=""), name="past_grant_identified"),
        ]

    def __str__(self):
        return f"{self.recipient_name} {self.agreed_on}"

    @property
    def shared_amount(self) -> int:
        """Cents of this beneficiary: its share, to the cent."""
        return part_of(self.amount, self.share)


class HistoryFile(models.Model):
    """A file of earlier grants: looked at, then imported, by the worker when it is large; undone as a whole. Where it stands is told by its instants.

    `seen`: what reading it gave, for the page (counts, problems, remarks, differences). `kept`: where the file waits; nothing once it is over.
    """

    name = models.CharField(_("file"), max_length=200, blank=True)
    source = models.URLField(_("where it was published"), max_length=500, blank=True)
    licence = models.CharField(_("licence"), max_length=20, blank=True, choices=Licence.choices)
    kept = models.CharField(max_length=200, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("imported by"))
    at = models.DateTimeField(_("given at"))
    seen = models.JSONField(default=dict)
    seen_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)
    failed = models.TextField(blank=True)
    undone_at = models.DateTimeField(_("undone at"), null=True)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    done = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    corrected = models.PositiveIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True)
    """A worker has it in hand until then."""

    class Meta:
        verbose_name = _("file of earlier grants")
        verbose_name_plural = _("files of earlier grants")
        ordering = ["-pk"]

    def __str__(self):
        return self.name or str(self.pk)

    @property
    def phase(self) -> str:
        """`reading`, `seen`, `importing`, `done`, `failed` or `undone`."""
        if self.undone_at:
            return "undone"
        if self.failed:
            return "failed"
        if self.finished_at:
            return "done"
        if self.confirmed_at:
            return "importing"
        return "seen" if self.seen_at else "reading"


class HistoryCorrection(models.Model):
    """What a file changed of a grant that was there: the whole grant before and after, for the undoing."""

    file = models.ForeignKey(HistoryFile, models.PROTECT, related_name="corrections", verbose_name=_("file"))
    grant = models.ForeignKey(PastGrant, models.CASCADE, related_name="corrections", verbose_name=_("earlier grant"))
    before = models.JSONField()
    after = models.JSONField()

    class Meta:
        verbose_name = _("correction of an earlier grant")
        verbose_name_plural = _("corrections of earlier grants")
        ordering = ["-pk"]

    def __str__(self):
        return f"{self.file_id} {self.grant_id}"
