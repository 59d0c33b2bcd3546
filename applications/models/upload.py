import uuid
from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from applications.enums import AttachmentKind
from applications.models.application import Application
from applications.models.writing import Attachment


def upload_folder() -> Path:
    """Where bytes wait until whole: on this machine, outside what is served, listed and saved (a day at most)."""
    return Path(settings.DATA_DIR) / "uploads"


class Upload(models.Model):
    """A document on its way, sent in several times over a bad network; the document itself once `attachment` is set."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.ForeignKey(Application, models.CASCADE, related_name="uploads", verbose_name=_("application"))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("person"))
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=20, choices=AttachmentKind.choices, default=AttachmentKind.OTHER)
    size = models.PositiveIntegerField(_("size in bytes"))
    offset = models.PositiveIntegerField(_("bytes received"), default=0)
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("ends at"), db_index=True)
    attachment = models.ForeignKey(
        Attachment, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("attachment")
    )

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        ordering = ["created_at"]
        constraints = [models.CheckConstraint(condition=Q(offset__lte=F("size")), name="upload_offset_in_size")]

    def __str__(self):
        return self.name

    @property
    def path(self) -> Path:
        return upload_folder() / self.id.hex
