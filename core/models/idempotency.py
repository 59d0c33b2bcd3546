from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class IdempotencyKey(models.Model):
    """A key a client chose for one POST: same key and body, same answer, one effect."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("person"))
    key = models.CharField(_("key"), max_length=120)
    fingerprint = models.CharField(_("hash of the request"), max_length=64)
    leased_until = models.DateTimeField(_("leased until"))
    created_at = models.DateTimeField(_("created at"))
    status = models.PositiveSmallIntegerField(_("status"), null=True, blank=True)
    body = models.TextField(_("answer"), blank=True)
    location = models.CharField(_("address"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once")]

    def __str__(self):
        return self.key
