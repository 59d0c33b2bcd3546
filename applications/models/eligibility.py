from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from applications.models.application import Application


class EligibilityCheck(models.Model):
    """One condition looked at by a case officer: met, not met, or not yet looked at (`ok` empty), with a note."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="checks", verbose_name=_("application"))
    code = models.CharField(_("condition"), max_length=60)
    ok = models.BooleanField(_("met"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("checked by")
    )
    checked_at = models.DateTimeField(_("checked at"))

    class Meta:
        verbose_name = _("eligibility check")
        verbose_name_plural = _("eligibility checks")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["application", "code"], name="eligibility_check_once")]

    def __str__(self):
        return f"{self.application_id} / {self.code}"


class AccessCodeQuerySet(models.QuerySet):
    def live(self, at):
        return self.filter(expires_at__gt=at, revoked_at__isnull=True, uses__lt=models.F("max_uses"))


class AccessCode(models.Model):
    """Late entry for one file, for a cause the applicant has no part in: reason, end, number of uses. Only the hash is kept."""

    application = models.ForeignKey(
        Application, models.PROTECT, related_name="access_codes", verbose_name=_("application")
    )
    code_hash = models.CharField(_("hash of the code"), max_length=64, unique=True)
    reason = models.CharField(_("reason"), max_length=300)
    expires_at = models.DateTimeField(_("ends at"))
    max_uses = models.PositiveSmallIntegerField(_("number of uses"), default=1)
    uses = models.PositiveSmallIntegerField(_("uses"), default=0)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("issued by")
    )
    issued_at = models.DateTimeField(_("issued at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    objects = AccessCodeQuerySet.as_manager()

    class Meta:
        verbose_name = _("access code")
        verbose_name_plural = _("access codes")
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=Q(uses__lte=models.F("max_uses")), name="access_code_uses")]

    def __str__(self):
        return f"{self.application_id} / {self.expires_at:%Y-%m-%d}"
