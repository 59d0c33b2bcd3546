import hashlib
import secrets

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Event(models.Model):
    """One verb that happened. Append-only (triggers); holds no personal text: a reason lives in ErasableText, here stays its salted hash."""

    at = models.DateTimeField(_("at"), db_index=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("actor"))
    machine = models.CharField(_("machine"), max_length=40)
    object_id = models.BigIntegerField(_("object"))
    subject = models.CharField(_("subject"), max_length=40, blank=True, db_index=True)
    verb = models.CharField(_("verb"), max_length=60)
    from_state = models.CharField(_("from"), max_length=40, blank=True)
    to_state = models.CharField(_("to"), max_length=40, blank=True)
    payload = models.JSONField(_("facts"), default=dict)
    reason_hash = models.CharField(_("hash of the reason"), max_length=64, blank=True)
    request_id = models.CharField(_("request"), max_length=32, blank=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["id"]
        indexes = [models.Index(fields=["machine", "object_id"], name="event_of_object")]

    def __str__(self):
        return f"{self.machine}.{self.verb} {self.object_id}"


class ErasableText(models.Model):
    """Free text of an event (a reason, a private detail). May be erased; the event keeps the hash that proves it was once this text."""

    event = models.OneToOneField(Event, models.PROTECT, related_name="reason", verbose_name=_("event"))
    text = models.TextField(_("text"))
    salt = models.CharField(_("salt"), max_length=32)

    class Meta:
        verbose_name = _("reason")
        verbose_name_plural = _("reasons")

    def __str__(self):
        return self.text[:60]

    @staticmethod
    def fingerprint(text: str) -> tuple[str, str]:
        """A fresh salt and the hash of salt and text, both hex."""
        salt = secrets.token_hex(16)
        return salt, hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()
