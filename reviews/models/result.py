from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from reviews.enums.result import ResultKind
from reviews.models.panel import Panel


class ResultQuerySet(models.QuerySet):
    def standing(self):
        """Results that nobody undid, the last first."""
        return self.filter(undone_at__isnull=True).order_by("-id")

    def light(self):
        """Without the papers of the proof, which may hold a million numbers."""
        return self.defer("instance", "pairs", "alternates", "prices")


class AssignmentResult(models.Model):
    """One assignment as it was confirmed, with all that proves it: the instance (`paritary-assignment/1`: references of files and ids of seats, no name), the
    pairs the solver chose, the prices (digits: they pass 2^53). `added` and `taken_away` are what it changed, for whoever undoes it."""

    panel = models.ForeignKey(Panel, models.PROTECT, related_name="results", verbose_name=_("panel"))
    kind = models.CharField(_("kind"), max_length=10, choices=ResultKind.choices)
    made_at = models.DateTimeField(_("made at"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("confirmed by")
    )
    instance = models.JSONField(_("instance"))
    instance_hash = models.CharField(_("hash of the instance"), max_length=64)
    pairs = models.JSONField(_("pairs"), default=list)
    alternates = models.JSONField(_("pairs of alternates, where full members lacked"), default=list)
    prices = models.JSONField(_("prices"), default=dict)
    missing = models.JSONField(_("missing readings by college"), default=dict)
    minima_dropped = models.JSONField(_("colleges whose lowest loads could not be held"), default=list)
    objective = models.JSONField(_("objective"), default=dict)
    added = models.JSONField(_("assignments made"), default=list)
    taken_away = models.JSONField(_("assignments taken away"), default=list)
    shortages_before = models.JSONField(_("missing reviews before it"), default=dict)
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("undone by")
    )

    objects = ResultQuerySet.as_manager()

    class Meta:
        verbose_name = _("result of an assignment")
        verbose_name_plural = _("results of assignments")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ResultKind.values), name="result_kind"),
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True, undone_by__isnull=True)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="result_undone_by_someone",
            ),
        ]

    def __str__(self):
        return f"{self.panel_id} / {self.pk}"

    @property
    def missing_total(self) -> int:
        """Readings that full members could not take."""
        return sum(self.missing.values())

    @property
    def document(self) -> dict:
        """All that an auditor needs to check it again, in one paper."""
        return {
            "instance": self.instance,
            "pairs": self.pairs,
            "alternates": self.alternates,
            "missing": self.missing,
            "minima_dropped": self.minima_dropped,
            "objective": self.objective,
            "prices": self.prices,
            "kind": self.kind,
            "made_at": self.made_at.isoformat(),
            "undone_at": self.undone_at.isoformat() if self.undone_at else None,
        }
