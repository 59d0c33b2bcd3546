"""The minutes: sections with their fingerprints, signatures, refusals."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.transitions import canonical_hash
from fund.enums import College
from reviews.enums.meeting import (
    MinutesCapacity,
)
from reviews.models.meeting.agenda import AgendaItem
from reviews.models.meeting.sitting import Meeting, instant


class MinutesSection(models.Model):
    """One part of one version of the minutes, with its hash. An item's part is hidden from who is recused from it."""

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="sections", verbose_name=_("meeting"))
    version = models.PositiveSmallIntegerField(_("version"))
    position = models.PositiveSmallIntegerField(_("position"))
    code = models.CharField(_("code"), max_length=20)
    item = models.ForeignKey(
        AgendaItem, models.PROTECT, null=True, blank=True, related_name="sections", verbose_name=_("item")
    )
    title = models.CharField(_("title"), max_length=250)
    text = models.TextField(_("text"), blank=True)
    hash = models.CharField(_("hash"), max_length=64)

    class Meta:
        verbose_name = _("section of the minutes")
        verbose_name_plural = _("sections of the minutes")
        ordering = ["meeting_id", "version", "position"]
        constraints = [models.UniqueConstraint(fields=["meeting", "version", "position"], name="minutes_section_once")]

    def __str__(self):
        return f"{self.meeting_id} v{self.version} / {self.position}"

    def digest(self) -> str:
        """SHA-256 of what the section says, as it stands now."""
        return canonical_hash(
            {
                "meeting": self.meeting.reference,
                "version": self.version,
                "position": self.position,
                "title": self.title,
                "text": self.text,
            }
        )

    @property
    def is_intact(self) -> bool:
        return self.digest() == self.hash


class MinutesSignature(models.Model):
    """A signature of the minutes: the list of hashes it covers. Void once the text changed."""

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="minutes_signatures", verbose_name=_("meeting"))
    version = models.PositiveSmallIntegerField(_("version"))
    college = models.CharField(_("college"), max_length=20, choices=College.choices)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("signer"))
    capacity = models.CharField(_("capacity"), max_length=10, choices=MinutesCapacity.choices)
    hashes = models.JSONField(_("hashes signed"), default=list)
    list_hash = models.CharField(_("hash of the list"), max_length=64)
    signed_at = models.DateTimeField(_("signed at"))
    signature = models.ForeignKey(
        "core.Signature",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("signature of the document"),
    )
    voided_at = instant(_("void since"))

    class Meta:
        verbose_name = _("signature of the minutes")
        verbose_name_plural = _("signatures of the minutes")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "version", "user"],
                condition=Q(voided_at__isnull=True),
                name="minutes_signature_once",
            )
        ]

    def __str__(self):
        return f"{self.meeting_id} v{self.version} / {self.user_id}"


class MinutesRefusal(models.Model):
    """A president's refusal to sign, with its reason: the next meeting may then adopt the minutes by a vote."""

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="minutes_refusals", verbose_name=_("meeting"))
    college = models.CharField(_("college"), max_length=20, choices=College.choices)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("co-president"))
    reason = models.TextField(_("reason"))
    refused_at = models.DateTimeField(_("refused at"))
    withdrawn_at = instant(_("withdrawn at"))

    class Meta:
        verbose_name = _("refusal to sign the minutes")
        verbose_name_plural = _("refusals to sign the minutes")
        ordering = ["id"]

    def __str__(self):
        return f"{self.meeting_id} / {self.user_id}"
