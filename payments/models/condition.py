from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from core.append_only import frozen
from core.models import Machine, StateField
from payments.enums import APPLICANT_LABELS, BADGES, ConditionState
from payments.models.account import Evidence, OfAgreement
from payments.models.agreement import Agreement, instant, person

C = ConditionState


@frozen("agreement", "number", "text", "due_on")
class Condition(Machine):
    """What must be true before the project of an agreement starts: written with the offer, part of the agreement, then met or waived. Never written again."""

    machine = "condition"

    state = StateField(_("state"), choices=C.choices, default=C.OPEN)
    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="conditions", verbose_name=_("agreement"))
    number = models.PositiveSmallIntegerField(_("number"))
    text = models.TextField(_("condition"))
    due_on = models.DateField(_("expected by"), null=True, blank=True)
    met_on = models.DateField(_("met on"), null=True, blank=True)
    settled_by = person(_("recorded by"))
    settled_at = instant(_("recorded at"))
    note = models.TextField(_("what shows it, or why it is waived"), blank=True)
    evidence = models.ForeignKey(
        Evidence, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("proof")
    )

    objects = OfAgreement.as_manager()

    class Meta:
        verbose_name = _("condition before the start")
        verbose_name_plural = _("conditions before the start")
        ordering = ["agreement_id", "number"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=C.values), name="condition_state"),
            models.UniqueConstraint(fields=["agreement", "number"], name="condition_number"),
            models.CheckConstraint(condition=~Q(text=""), name="condition_says_something"),
            models.CheckConstraint(
                condition=~Q(state="met")
                | Q(settled_by__isnull=False, settled_at__isnull=False, met_on__isnull=False)
                & (~Q(note="") | Q(evidence__isnull=False)),
                name="condition_met_shown_how",
            ),
            models.CheckConstraint(
                condition=~Q(state="waived")
                | Q(settled_by__isnull=False, settled_at__isnull=False, met_on__isnull=True) & ~Q(note=""),
                name="condition_waived_why",
            ),
            models.CheckConstraint(
                condition=~Q(state="open") | Q(settled_by__isnull=True, met_on__isnull=True),
                name="condition_open_not_settled",
            ),
        ]

    def __str__(self):
        return f"{self.agreement_id} / {self.number}"

    @property
    def event_subject(self):
        return self.agreement.reference

    @property
    def tone(self) -> str:
        return "bad" if self.is_late else BADGES["condition"][self.state]

    @property
    def applicant_label(self):
        return APPLICANT_LABELS["condition"][self.state]

    @property
    def is_late(self) -> bool:
        return self.state == C.OPEN and self.due_on is not None and self.due_on < timezone.localdate()

    # The graph. Bodies set their own fields only.

    @transition(state, source=C.OPEN, target=C.MET)
    def meet(self, by, at, met_on, note, evidence):
        self.settled_by, self.settled_at, self.met_on, self.note, self.evidence = by, at, met_on, note, evidence

    @transition(state, source=C.OPEN, target=C.WAIVED)
    def waive(self, by, at, reason):
        self.settled_by, self.settled_at, self.note = by, at, reason

    @transition(state, source=C.MET, target=C.OPEN)
    def take_back(self):
        self.settled_by = self.settled_at = self.met_on = self.evidence = None
        self.note = ""

    @transition(state, source=[C.OPEN, C.MET, C.WAIVED], target=C.DROPPED)
    def drop(self):
        """Another offer has its own."""
