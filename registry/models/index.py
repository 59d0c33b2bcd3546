"""The index of the published set: derived, and never the truth."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fund.models import Call, Organisation


class PublishedRow(models.Model):
    """One published grant as the index knows it, of the fund or earlier: what lists filter, count and order by, and nothing that is not told."""

    kind = models.CharField(_("kind"), max_length=4)
    source_id = models.BigIntegerField(_("source"))
    reference = models.CharField(_("reference"), max_length=40, unique=True)
    moment = models.DateTimeField(_("awarded at"))
    modified = models.DateTimeField(_("last changed at"), null=True)
    cents = models.BigIntegerField(_("amount in cents"))
    stage = models.CharField(_("stage"), max_length=20)
    call = models.ForeignKey(Call, models.CASCADE, null=True, related_name="+", verbose_name=_("call"))
    year = models.PositiveSmallIntegerField(_("year"))
    department = models.CharField(_("department"), max_length=3, blank=True)
    recipient_kind = models.CharField(_("kind of recipient"), max_length=20, blank=True)
    partner = models.ForeignKey(
        Organisation, models.CASCADE, null=True, related_name="+", verbose_name=_("administration")
    )
    band = models.CharField(_("amount band"), max_length=12)

    class Meta:
        verbose_name = _("row of the index")
        verbose_name_plural = _("rows of the index")
        ordering = ["-moment", "-reference"]
        constraints = [models.UniqueConstraint(fields=["kind", "source_id"], name="published_row_source_once")]
        indexes = [
            models.Index(fields=["moment", "reference"], name="published_row_moment"),
            models.Index(fields=["cents", "reference"], name="published_row_cents"),
            models.Index(fields=["modified", "reference"], name="published_row_modified"),
            models.Index(fields=["call", "moment", "reference"], name="published_row_call"),
            models.Index(fields=["department", "moment", "reference"], name="published_row_department"),
            models.Index(fields=["partner", "moment", "reference"], name="published_row_partner"),
            models.Index(fields=["stage", "moment", "reference"], name="published_row_stage"),
        ]

    def __str__(self):
        return self.reference


class PublishedText(models.Model):
    """The words of a row, for the search, and what a list shows of it (`card`): apart, so that counting reads narrow rows."""

    row = models.OneToOneField(
        PublishedRow, models.CASCADE, primary_key=True, related_name="text", verbose_name=_("row")
    )
    words = models.TextField(_("words"))
    card = models.JSONField(_("card"))

    class Meta:
        verbose_name = _("words of a row")
        verbose_name_plural = _("words of rows")

    def __str__(self):
        return str(self.row_id)


class PublishedTheme(models.Model):
    row = models.ForeignKey(PublishedRow, models.CASCADE, related_name="themes", verbose_name=_("row"))
    code = models.CharField(_("theme"), max_length=40)

    class Meta:
        verbose_name = _("theme of a row")
        verbose_name_plural = _("themes of rows")
        constraints = [models.UniqueConstraint(fields=["code", "row"], name="published_theme_once")]

    def __str__(self):
        return self.code


class PublishedCount(models.Model):
    """How many rows of a stage have a value of a filter, and their cents: moved with the rows, so that the whole is never counted."""

    facet = models.CharField(_("filter"), max_length=12)
    value = models.CharField(_("value"), max_length=40)
    stage = models.CharField(_("stage"), max_length=20)
    rows = models.IntegerField(_("grants"))
    cents = models.BigIntegerField(_("amount in cents"))

    class Meta:
        verbose_name = _("count of the index")
        verbose_name_plural = _("counts of the index")
        constraints = [
            models.UniqueConstraint(fields=["facet", "value", "stage"], name="published_count_once"),
            models.CheckConstraint(condition=Q(rows__gte=0), name="published_count_positive"),
        ]

    def __str__(self):
        return f"{self.facet} {self.value} {self.stage}"


class Pending(models.Model):
    """A source that the database saw change since the index read it (`registry.index.database`)."""

    kind = models.CharField(_("kind"), max_length=4)
    source_id = models.BigIntegerField(_("source"))

    class Meta:
        verbose_name = _("source to read again")
        verbose_name_plural = _("sources to read again")

    def __str__(self):
        return f"{self.kind} {self.source_id}"


class PublishedVersion(models.Model):
    """One row: a random token that changes when the index does, under which counts may be kept."""

    token = models.CharField(_("token"), max_length=32)

    class Meta:
        verbose_name = _("version of the index")
        verbose_name_plural = _("versions of the index")

    def __str__(self):
        return self.token
