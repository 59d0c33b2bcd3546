from django.db import models
from django.utils.translation import gettext_lazy as _


class Stage(models.TextChoices):
    """Where a published grant stands, for the public. Computed, never stored."""

    AWARDED = "awarded", _("awarded")
    ACTIVE = "active", _("under way")
    COMPLETED = "completed", _("completed")
    STOPPED = "stopped", _("stopped")
    NOT_TAKEN_UP = "not_taken_up", _("not taken up")
    EARLIER = "earlier", _("earlier grant")
