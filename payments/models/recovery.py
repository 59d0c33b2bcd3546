from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from core.models import Machine, StateField
from payments.enums import APPLICANT_LABELS, BADGES, RecoveryGround, RecoveryState
from payments.models.account import OfAgreement
from payments.models.agreement import Agreement, instant, person

R = RecoveryState
AFTER_NOTICE = ("notified", "repaid", "waived", "written_off")


class Recovery(Machine):
    """Money that a recipient gives back: proposed with an invitation to comment, notified by the authorising officer, repaid in one or several times. Cents.

    `amount` is what is asked (lowered by a reduction), `repaid_amount` what came back, `dropped_amount` what the fund gave up.
    """

    machine = "recovery"

    state = StateField(_("state"), choices=R.choices, default=R.PROPOSED)
    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="recoveries", verbose_name=_("agreement"))
    reference = models.CharField(_("reference"), max_length=40, unique=True)
    ground = models.CharField(_("ground"), max_length=20, choices=RecoveryGround.choices)
    facts = models.TextField(_("facts"))
    amount = models.BigIntegerField(_("amount"))
    proposed_by = person(_("proposed by"))
    proposed_at = models.DateTimeField(_("proposed at"))
    observations_due_on = models.DateField(_("observations due on"))
    observations = models.TextField(_("observations of the recipient"), blank=True)
    observed_at = instant(_("observations received at"))
    invitation = models.ForeignKey(
        "core.Document",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("invitation to comment"),
    )
    answer = models.TextField(_("answer to the observations"), blank=True)
    notified_by = person(_("notified by"))
    notified_at = instant(_("notified at"))
    pay_by_on = models.DateField(_("to repay by"), null=True, blank=True)
    letter = models.ForeignKey(
        "core.Document", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decision")
    )
    repaid_amount = models.BigIntegerField(_("repaid"), default=0)
    dropped_amount = models.BigIntegerField(_("given up"), default=0)
    closed_at = instant(_("closed at"))
    close_reason = models.TextField(_("reason of the end"), blank=True)

    objects = OfAgreement.as_manager()

    class Meta:
        verbose_name = _("recovery")
        verbose_name_plural = _("recoveries")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=R.values), name="recovery_state"),
            models.CheckConstraint(
                condition=Q(ground__in=RecoveryGround.values) & ~Q(facts=""), name="recovery_ground"
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0, repaid_amount__gte=0, dropped_amount__gte=0), name="recovery_amounts"
            ),
            models.CheckConstraint(
                condition=Q(repaid_amount__lte=F("amount") - F("dropped_amount")), name="recovery_repaid_within"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=AFTER_NOTICE)
                | Q(
                    notified_at__isnull=False, notified_by__isnull=False, pay_by_on__isnull=False, letter__isnull=False
                ),
                name="recovery_notified_facts",
            ),
            models.CheckConstraint(
                condition=~Q(state="repaid") | Q(repaid_amount=F("amount") - F("dropped_amount")),
                name="recovery_repaid_in_full",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("waived", "written_off", "cancelled")) | ~Q(close_reason=""),
                name="recovery_end_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("proposed", "notified"), closed_at__isnull=True)
                | (~Q(state__in=("proposed", "notified")) & Q(closed_at__isnull=False)),
                name="recovery_closed_at",
            ),
            models.UniqueConstraint(
                fields=["agreement"], condition=Q(state__in=("proposed", "notified")), name="recovery_one_open"
            ),
        ]

    def __str__(self):
        return self.reference

    @property
    def event_subject(self):
        return self.agreement.reference

    @property
    def left_amount(self) -> int:
        """Cents still out."""
        return self.amount - self.dropped_amount - self.repaid_amount

    @property
    def tone(self) -> str:
        return BADGES["recovery"][self.state]

    @property
    def was_in_error(self) -> bool:
        """Born with money taken for one sent back unasked, then undone: only such a claim ends so without anybody having been invited to comment."""
        return self.state == R.CANCELLED and self.invitation_id is None

    @property
    def applicant_label(self):
        if self.was_in_error:
            return _("Recorded in error")
        if self.state == R.PROPOSED and self.observed_at:
            return _("Your comments are received")
        return APPLICANT_LABELS["recovery"][self.state]

    @property
    def staff_label(self):
        return _("Recorded in error") if self.was_in_error else self.get_state_display()

    def two_key_facts(self) -> dict:
        return {
            "state": self.state,
            "amount": self.amount,
            "repaid": self.repaid_amount,
            "dropped": self.dropped_amount,
        }

    # The graph. Bodies set their own fields only.

    @transition(state, source=R.PROPOSED, target=R.PROPOSED)
    def observe(self, at, text):
        self.observations, self.observed_at = text, at

    @transition(state, source=R.PROPOSED, target=R.NOTIFIED)
    def notify(self, by, at, amount, answer, pay_by_on):
        self.notified_by, self.notified_at, self.amount, self.answer, self.pay_by_on = by, at, amount, answer, pay_by_on

    def _end(self, at, reason):
        self.closed_at, self.close_reason = at, reason

    @transition(state, source=R.PROPOSED, target=R.CANCELLED)
    def drop(self, at, reason):
        self._end(at, reason)

    @transition(state, source=R.NOTIFIED, target=R.NOTIFIED)
    def record_repayment(self, amount):
        self.repaid_amount += amount

    @transition(state, source=R.NOTIFIED, target=R.REPAID)
    def repay(self, at):
        self.repaid_amount, self.closed_at = self.amount - self.dropped_amount, at

    @transition(state, source=(R.NOTIFIED, R.REPAID), target=R.NOTIFIED)
    def undo_repayment(self, amount, pay_by_on):
        self.repaid_amount -= amount
        self.pay_by_on, self.closed_at = pay_by_on, None

    @transition(state, source=R.REPAID, target=R.CANCELLED)
    def undo_receipt(self, at, reason):
        self.repaid_amount, self.dropped_amount = 0, self.amount
        self._end(at, reason)

    @transition(state, source=R.NOTIFIED, target=R.NOTIFIED)
    def reduce(self, by_amount):
        self.dropped_amount += by_amount

    @transition(state, source=R.NOTIFIED, target=R.WAIVED)
    def waive(self, at, reason):
        self.dropped_amount += self.left_amount
        self._end(at, reason)

    @transition(state, source=R.NOTIFIED, target=R.WRITTEN_OFF)
    def write_off(self, at, reason):
        self.dropped_amount += self.left_amount
        self._end(at, reason)

    @transition(state, source=R.NOTIFIED, target=R.CANCELLED)
    def cancel(self, at, reason):
        self.dropped_amount += self.left_amount
        self._end(at, reason)
