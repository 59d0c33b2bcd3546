from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class DiscussionRequest(models.Model):
    """A member asks that a file be discussed, with his reason, once reading is closed. One row a member and file: asking again changes the reason."""

    application = models.ForeignKey(
        "applications.Application", models.PROTECT, related_name="discussion_requests", verbose_name=_("application")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="discussion_requests", verbose_name=_("member")
    )
    reason = models.TextField(_("reason"))
    asked_at = models.DateTimeField(_("asked at"))

    class Meta:
        verbose_name = _("request for a discussion")
        verbose_name_plural = _("requests for a discussion")
        ordering = ["asked_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["application", "user"], name="discussion_request_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="discussion_request_has_reason"),
        ]

    def __str__(self):
        return f"{self.application_id} / {self.user_id}"
