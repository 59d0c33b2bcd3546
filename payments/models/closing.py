from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.append_only import frozen
from payments.models.agreement import person, sees_all_money


class YearClosingQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.all() if sees_all_money(user) else self.none()


@frozen("year", "figures", "closed_by", "closed_at", once={"document": ("document",)})
class YearClosing(models.Model):
    """The figures of every envelope on 31 December of a year, written once by the accounting officer and never changed. Cents."""

    machine, state = "year_closing", "closed"

    year = models.PositiveSmallIntegerField(_("year"), unique=True)
    figures = models.JSONField(_("figures"))
    closed_by = person(_("closed by"))
    closed_at = models.DateTimeField(_("closed at"))
    document = models.ForeignKey(
        "core.Document", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("document")
    )

    objects = YearClosingQuerySet.as_manager()

    class Meta:
        verbose_name = _("closing of a year")
        verbose_name_plural = _("closings of years")
        ordering = ["-year"]
        constraints = [models.CheckConstraint(condition=Q(closed_by__isnull=False), name="year_closing_by")]

    def __str__(self):
        return str(self.year)

    @property
    def event_subject(self):
        return str(self.year)
