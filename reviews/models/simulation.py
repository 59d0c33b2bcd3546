from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from reviews.enums.simulation import SimulationBase, SimulationStart
from reviews.models.panel import Panel


class Simulation(models.Model):
    """What the envelope could fund, as one person tried it. It decides nothing. Its lines are all the files it was made over, funded or not: whoever may not
    open one of them is not shown it. `free_amount` is what the envelope had left, as the public knows it, when it was last saved."""

    panel = models.ForeignKey(Panel, models.PROTECT, related_name="simulations", verbose_name=_("panel"))
    name = models.CharField(_("name"), max_length=80)
    note = models.CharField(_("note"), max_length=500, blank=True)
    base = models.CharField(_("applications"), max_length=10, choices=SimulationBase.choices)
    start = models.CharField(_("starts from"), max_length=20, choices=SimulationStart.choices)
    free_amount = models.BigIntegerField(_("left in the envelope"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="simulations", verbose_name=_("made by")
    )
    made_at = models.DateTimeField(_("made at"))
    changed_at = models.DateTimeField(_("changed at"))
    shared_at = models.DateTimeField(_("shared at"), null=True, blank=True)

    class Meta:
        verbose_name = _("simulation")
        verbose_name_plural = _("simulations")
        ordering = ["-changed_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="simulation_has_name"),
            models.CheckConstraint(condition=Q(base__in=SimulationBase.values), name="simulation_base"),
            models.CheckConstraint(condition=Q(start__in=SimulationStart.values), name="simulation_start"),
            models.CheckConstraint(condition=Q(changed_at__gte=F("made_at")), name="simulation_changed_after"),
        ]

    def __str__(self):
        return self.name

    @property
    def is_shared(self) -> bool:
        return self.shared_at is not None


class SimulationLine(models.Model):
    """One file of a simulation. `amount` in cents; 0: not funded in it."""

    simulation = models.ForeignKey(Simulation, models.CASCADE, related_name="lines", verbose_name=_("simulation"))
    application = models.ForeignKey(
        "applications.Application", models.PROTECT, related_name="simulation_lines", verbose_name=_("application")
    )
    amount = models.BigIntegerField(_("amount"), default=0)

    class Meta:
        verbose_name = _("line of a simulation")
        verbose_name_plural = _("lines of simulations")
        constraints = [
            models.UniqueConstraint(fields=("simulation", "application"), name="simulation_line_once"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="simulation_line_amount"),
        ]

    def __str__(self):
        return f"{self.simulation_id} / {self.application_id}"
