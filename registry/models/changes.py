"""What became public, noted once: what followers are told of and programs are sent. Derived from the published facts; no word of them is kept here."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fund.models import Call
from registry.enums import News


class PublicChange(models.Model):
    """One public fact, of a project or of a call. `key` names it, so that it is noted once; `seq` is the public entry it rests on, if any."""

    kind = models.CharField(_("kind"), max_length=20, choices=News.choices)
    key = models.CharField(_("key"), max_length=80, unique=True)
    application = models.ForeignKey(
        "applications.Application", models.CASCADE, null=True, related_name="+", verbose_name=_("project")
    )
    call = models.ForeignKey(Call, models.CASCADE, null=True, related_name="+", verbose_name=_("call"))
    seq = models.PositiveBigIntegerField(_("public number"), null=True)
    at = models.DateTimeField(_("date"))
    noted_at = models.DateTimeField(_("noted at"))

    class Meta:
        verbose_name = _("public change")
        verbose_name_plural = _("public changes")
        ordering = ["id"]
        indexes = [models.Index(fields=["application", "id"], name="public_change_project")]
        constraints = [
            models.CheckConstraint(
                condition=Q(application__isnull=False, call__isnull=True)
                | Q(application__isnull=True, call__isnull=False),
                name="public_change_about_one",
            ),
        ]

    def __str__(self):
        return self.key


class ChangeMark(models.Model):
    """One row: up to where what became public was noted. What was public before `started_at` is news to nobody."""

    started_at = models.DateTimeField(_("started at"))
    read_at = models.DateTimeField(_("read at"))
    seq = models.PositiveBigIntegerField(_("public number"), default=0)

    class Meta:
        verbose_name = _("mark of the public changes")
        verbose_name_plural = _("marks of the public changes")

    def __str__(self):
        return str(self.seq)
