from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from applications.models.application import Application


class NameConsentQuerySet(models.QuerySet):
    def standing(self):
        """Those given and not taken back. Leaving the team or the fund takes them back (`transitions.consents.end_consents`)."""
        return self.filter(withdrawn_at=None)


class NameConsent(models.Model):
    """A person agrees to be named with a project once it is public, under the name given here (CRPA L312-1-2). Taken back, only the dates stay."""

    application = models.ForeignKey(
        Application, models.CASCADE, related_name="name_consents", verbose_name=_("application")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="name_consents", verbose_name=_("person")
    )
    name = models.CharField(_("name shown"), max_length=150, blank=True)
    given_at = models.DateTimeField(_("given at"))
    withdrawn_at = models.DateTimeField(_("taken back at"), null=True, blank=True)

    objects = NameConsentQuerySet.as_manager()

    class Meta:
        verbose_name = _("consent to be named")
        verbose_name_plural = _("consents to be named")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "user"], condition=Q(withdrawn_at__isnull=True), name="name_consent_once"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | Q(name=""), name="name_consent_withdrawn_nameless"
            ),
            models.CheckConstraint(condition=Q(withdrawn_at__isnull=False) | ~Q(name=""), name="name_consent_named"),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gte=F("given_at")), name="name_consent_order"
            ),
        ]

    def __str__(self):
        return f"{self.application_id} / {self.user_id}"
