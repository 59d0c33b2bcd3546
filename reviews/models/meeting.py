from django.db import models
from django.utils.translation import gettext_lazy as _


class AgendaItem(models.Model):
    """A subject of a meeting."""

    application = models.ForeignKey("applications.Application", models.PROTECT, null=True, blank=True, related_name="agenda_items", verbose_name=_("application"))

    class Meta:
        verbose_name = _("agenda item")
        verbose_name_plural = _("agenda items")

    def __str__(self):
        return str(self.pk)
