"""A draw that parts files which the rules leave equal: announced before its source exists, then made from the seed that both presidents read there."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fund.enums import College
from reviews.models.meeting.sitting import Meeting, instant, person


class Draw(models.Model):
    """`pool` and `order` are references of files; `commitment` binds the pool (with its nonce) without telling it; `seed` is what both presidents read."""

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="draws", verbose_name=_("meeting"))
    pool = models.JSONField(_("files to part"))
    nonce = models.CharField(_("nonce of the commitment"), max_length=64)
    commitment = models.CharField(_("commitment to the list"), max_length=64)
    source = models.CharField(_("public source of the seed"), max_length=300)
    source_on = models.DateField(_("day on which the source exists"))
    announced_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("announced by")
    )
    announced_at = models.DateTimeField(_("announced at"))
    civil_seed = models.CharField(_("seed read for civil society"), max_length=200, blank=True)
    civil_seed_by = person(_("read for civil society by"))
    state_seed = models.CharField(_("seed read for the State"), max_length=200, blank=True)
    state_seed_by = person(_("read for the State by"))
    drawn_at = instant(_("drawn at"))
    order = models.JSONField(_("order drawn"), default=list, blank=True)

    class Meta:
        verbose_name = _("public draw")
        verbose_name_plural = _("public draws")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=~Q(source=""), name="draw_has_source"),
            models.CheckConstraint(
                condition=Q(drawn_at__isnull=True)
                | (
                    Q(civil_seed=F("state_seed"), civil_seed_by__isnull=False, state_seed_by__isnull=False)
                    & ~Q(civil_seed="")
                    & ~Q(civil_seed_by=F("state_seed_by"))
                ),
                name="draw_same_seed_by_two",
            ),
        ]

    def __str__(self):
        return f"{self.meeting_id} / {self.commitment[:12]}"

    @property
    def seed(self) -> str:
        return self.civil_seed if self.drawn_at else ""

    def read(self, college: str, seed: str, by) -> None:
        """What one president read; a second reading takes the place of the first, until the draw is made."""
        if college == College.CIVIL_SOCIETY:
            self.civil_seed, self.civil_seed_by = seed, by
        else:
            self.state_seed, self.state_seed_by = seed, by

    def read_by_other(self, college: str) -> str:
        return self.state_seed if college == College.CIVIL_SOCIETY else self.civil_seed
