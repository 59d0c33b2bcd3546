from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from core.models import Machine, StateField
from fund.enums import Trigger
from payments.bank_reasons import BANK_REASONS
from payments.enums import APPLICANT_LABELS, BADGES, PUBLIC_LABELS, InstalmentState
from payments.models.account import OfAgreement
from payments.models.agreement import Agreement, instant, person

S = InstalmentState
AFTER_CERTIFICATION = ("certified", "ordered", "in_payment", "paid", "payment_rejected")
AFTER_ORDER = ("ordered", "in_payment", "paid")


class Instalment(Machine):
    """One payment of the plan. `amount` is what is scheduled, `certified_amount` what was found due (cents). Certified, ordered, paid by three people; above a
    threshold of the rules a fourth one signs the order before it is paid.
    """

    machine = "instalment"

    state = StateField(_("state"), choices=S.choices, default=S.SCHEDULED, db_index=True)
    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="instalments", verbose_name=_("agreement"))
    number = models.PositiveSmallIntegerField(_("number"))
    code = models.CharField(_("code"), max_length=40)
    label = models.CharField(_("label"), max_length=120)
    percent = models.PositiveSmallIntegerField(_("share, in percent"))
    trigger = models.CharField(_("trigger"), max_length=30, choices=Trigger.choices)
    is_balance = models.BooleanField(_("balance"), default=False)
    amount = models.BigIntegerField(_("amount"))
    due_since_on = models.DateField(_("due since"), null=True, blank=True)
    pay_by_on = models.DateField(_("to pay by"), null=True, blank=True)
    suggested_amount = models.BigIntegerField(_("amount that the report supports"), null=True, blank=True)
    certified_amount = models.BigIntegerField(_("certified amount"), null=True, blank=True)
    certified_by = person(_("certified by"))
    certified_at = instant(_("certified at"))
    certification_note = models.TextField(_("what was checked"), blank=True)
    ordered_by = person(_("ordered by"))
    ordered_at = instant(_("ordered at"))
    end_to_end_id = models.CharField(_("end-to-end id"), max_length=35, blank=True)
    third_signature_above_amount = models.BigIntegerField(_("third signature asked above"), null=True, blank=True)
    countersigned_by = person(_("signed as third person by"))
    countersigned_at = instant(_("signed as third person at"))
    paid_by = person(_("put in payment by"))
    in_payment_at = instant(_("put in payment at"))
    paid_on = models.DateField(_("paid on"), null=True, blank=True)
    settled_at = instant(_("settled at"))
    rejected_at = instant(_("rejected at"))
    rejection_code = models.CharField(_("bank's reason"), max_length=35, blank=True)
    held_at = instant(_("held at"))
    hold_reason = models.TextField(_("reason of the hold"), blank=True)
    suspended_at = instant(_("suspended at"))
    suspension_reason = models.TextField(_("reason of the suspension"), blank=True)
    cancelled_at = instant(_("cancelled at"))
    cancel_reason = models.TextField(_("reason of the cancellation"), blank=True)

    objects = OfAgreement.as_manager()

    class Meta:
        verbose_name = _("instalment")
        verbose_name_plural = _("instalments")
        ordering = ["agreement_id", "number"]
        indexes = [models.Index(fields=["state", "pay_by_on"], name="instalment_queue")]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=S.values), name="instalment_state"),
            models.UniqueConstraint(fields=["agreement", "number"], name="instalment_number"),
            models.UniqueConstraint(
                fields=["end_to_end_id"], condition=~Q(end_to_end_id=""), name="instalment_end_to_end_once"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="instalment_amount_positive"),
            models.CheckConstraint(
                condition=Q(certified_amount__isnull=True)
                | Q(certified_amount__gt=0, certified_amount__lte=F("amount")),
                name="instalment_certified_within",
            ),
            # Three people, whatever the roles say.
            models.CheckConstraint(
                condition=Q(ordered_by__isnull=True) | ~Q(ordered_by=F("certified_by")),
                name="instalment_orderer_is_not_certifier",
            ),
            models.CheckConstraint(
                condition=Q(paid_by__isnull=True) | ~Q(paid_by=F("certified_by")),
                name="instalment_payer_is_not_certifier",
            ),
            models.CheckConstraint(
                condition=Q(paid_by__isnull=True) | ~Q(paid_by=F("ordered_by")), name="instalment_payer_is_not_orderer"
            ),
            # Above the threshold under which it was ordered, a fourth one signs before the file.
            models.CheckConstraint(
                condition=Q(countersigned_by__isnull=True) | ~Q(countersigned_by=F("certified_by")),
                name="instalment_third_is_not_certifier",
            ),
            models.CheckConstraint(
                condition=Q(countersigned_by__isnull=True) | ~Q(countersigned_by=F("ordered_by")),
                name="instalment_third_is_not_orderer",
            ),
            models.CheckConstraint(
                condition=Q(countersigned_by__isnull=True) | ~Q(countersigned_by=F("paid_by")),
                name="instalment_third_is_not_payer",
            ),
            models.CheckConstraint(
                condition=Q(third_signature_above_amount__isnull=True)
                | Q(countersigned_by__isnull=False, countersigned_at__isnull=False)
                | ~Q(state__in=("in_payment", "paid")),
                name="instalment_third_signature_before_payment",
            ),
            models.CheckConstraint(
                condition=Q(countersigned_by__isnull=True, countersigned_at__isnull=True)
                | Q(
                    state__in=(*AFTER_ORDER, "payment_rejected", "cancelled"),
                    countersigned_by__isnull=False,
                    countersigned_at__isnull=False,
                    suspended_at__isnull=True,
                    third_signature_above_amount__lt=F("certified_amount"),
                ),
                name="instalment_third_signature_facts",
            ),
            # States and facts say the same.
            models.CheckConstraint(
                condition=Q(state__in=("scheduled", "cancelled"))
                | Q(due_since_on__isnull=False, pay_by_on__isnull=False),
                name="instalment_due_since",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=AFTER_CERTIFICATION,
                    certified_by__isnull=False,
                    certified_at__isnull=False,
                    certified_amount__isnull=False,
                )
                | Q(state="cancelled")
                | (Q(state__in=("scheduled", "due")) & Q(certified_by__isnull=True, certified_amount__isnull=True)),
                name="instalment_certified_facts",
            ),
            models.CheckConstraint(
                condition=(
                    Q(state__in=AFTER_ORDER, ordered_by__isnull=False, ordered_at__isnull=False) & ~Q(end_to_end_id="")
                )
                | Q(state__in=("cancelled", "payment_rejected"))
                | (Q(state__in=("scheduled", "due", "certified")) & Q(ordered_by__isnull=True, end_to_end_id="")),
                name="instalment_ordered_facts",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("in_payment", "paid"), paid_by__isnull=False, in_payment_at__isnull=False)
                | Q(state__in=("cancelled", "payment_rejected"))
                | (Q(state__in=("scheduled", "due", "certified", "ordered")) & Q(paid_by__isnull=True)),
                name="instalment_payment_facts",
            ),
            models.CheckConstraint(
                condition=Q(state="paid", paid_on__isnull=False, settled_at__isnull=False)
                | (~Q(state="paid") & Q(paid_on__isnull=True)),
                name="instalment_paid_facts",
            ),
            models.CheckConstraint(
                condition=~Q(state="payment_rejected") | Q(rejected_at__isnull=False), name="instalment_rejected_facts"
            ),
            models.CheckConstraint(
                condition=~Q(state="cancelled") | (Q(cancelled_at__isnull=False) & ~Q(cancel_reason="")),
                name="instalment_cancelled_why",
            ),
            models.CheckConstraint(
                condition=Q(held_at__isnull=True) | (Q(state="due") & ~Q(hold_reason="")),
                name="instalment_held_when_due",
            ),
            models.CheckConstraint(
                condition=Q(suspended_at__isnull=True) | (Q(state="ordered") & ~Q(suspension_reason="")),
                name="instalment_suspended_when_ordered",
            ),
        ]

    def __str__(self):
        return f"{self.agreement_id} / {self.number}"

    @property
    def event_subject(self):
        return self.agreement.reference

    @property
    def basis(self) -> str:
        """Public number of the ground of its ledger entries."""
        return f"{self.agreement.reference}/{self.number}"

    @property
    def payable_amount(self) -> int:
        """Cents: what was certified, else what is scheduled."""
        return self.amount if self.certified_amount is None else self.certified_amount

    @property
    def rejection_words(self) -> str:
        """Why the bank sent it back, with its code when it gave one."""
        words = BANK_REASONS.get(self.rejection_code)
        return (
            f"{words} ({self.rejection_code})" if words else self.rejection_code or str(_("the bank gives no reason"))
        )

    @property
    def expected_amount(self) -> int:
        """Cents: what was certified, else what the accepted report supports of what is still scheduled, else what is scheduled."""
        if self.certified_amount is None and self.suggested_amount is not None:
            return min(self.suggested_amount, self.amount)
        return self.payable_amount

    @property
    def waits_for_third_signature(self) -> bool:
        """Ordered above the threshold of the rules, and nobody has signed as third person yet."""
        return (
            self.state == S.ORDERED and self.third_signature_above_amount is not None and not self.countersigned_by_id
        )

    @property
    def tone(self) -> str:
        return BADGES["instalment"][self.state]

    @property
    def applicant_label(self):
        if self.held_at:
            return _("Held")
        if self.suspended_at:
            return _("Suspended by the accountant")
        return APPLICANT_LABELS["instalment"][self.state]

    @property
    def public_label(self):
        return PUBLIC_LABELS["instalment"][self.state]

    @property
    def staff_label(self):
        if self.held_at:
            return _("Held before certification")
        if self.suspended_at:
            return _("Suspended by the accountant")
        return _("Ordered, to sign as third person") if self.waits_for_third_signature else self.get_state_display()

    def two_key_facts(self) -> dict:
        return {
            "state": self.state,
            "amount": self.amount,
            "certified_amount": self.certified_amount,
            "end_to_end_id": self.end_to_end_id,
        }

    # The graph. Bodies set their own fields only.

    def _forget_order(self):
        self.ordered_by = self.ordered_at = None
        self.end_to_end_id = ""
        self.third_signature_above_amount = self.countersigned_by = self.countersigned_at = None
        self.suspended_at, self.suspension_reason = None, ""

    @transition(state, source=S.SCHEDULED, target=S.DUE)
    def fall_due(self, since_on, pay_by_on, suggested_amount=None):
        self.due_since_on, self.pay_by_on, self.suggested_amount = since_on, pay_by_on, suggested_amount

    @transition(state, source=S.DUE, target=S.CERTIFIED)
    def certify(self, by, at, amount, note):
        self.certified_by, self.certified_at, self.certified_amount, self.certification_note = by, at, amount, note

    @transition(state, source=S.DUE, target=S.DUE)
    def hold(self, at, reason):
        self.held_at, self.hold_reason = at, reason

    @transition(state, source=S.DUE, target=S.DUE)
    def lift(self):
        self.held_at, self.hold_reason = None, ""

    @transition(state, source=S.CERTIFIED, target=S.ORDERED)
    def order(self, by, at, end_to_end_id, third_signature_above=None):
        self.ordered_by, self.ordered_at, self.end_to_end_id = by, at, end_to_end_id
        self.third_signature_above_amount = third_signature_above

    @transition(state, source=S.ORDERED, target=S.ORDERED)
    def countersign_order(self, by, at):
        self.countersigned_by, self.countersigned_at = by, at

    @transition(state, source=S.CERTIFIED, target=S.DUE)
    def return_to_due(self):
        self.certified_by = self.certified_at = self.certified_amount = None
        self.certification_note = ""

    @transition(state, source=S.ORDERED, target=S.IN_PAYMENT)
    def claim_for_batch(self, by, at):
        self.paid_by, self.in_payment_at = by, at
        self.suspended_at, self.suspension_reason = None, ""

    @transition(state, source=S.ORDERED, target=S.CERTIFIED)
    def refuse(self):
        self._forget_order()

    @transition(state, source=S.ORDERED, target=S.CERTIFIED)
    def recall(self):
        self._forget_order()

    @transition(state, source=S.ORDERED, target=S.ORDERED)
    def suspend(self, at, reason):
        self.suspended_at, self.suspension_reason = at, reason
        self.countersigned_by = self.countersigned_at = None

    @transition(state, source=S.ORDERED, target=S.ORDERED)
    def unsuspend(self):
        self.suspended_at, self.suspension_reason = None, ""

    @transition(state, source=S.IN_PAYMENT, target=S.PAID)
    def settle(self, at, paid_on):
        self.settled_at, self.paid_on = at, paid_on

    @transition(state, source=S.IN_PAYMENT, target=S.PAYMENT_REJECTED)
    def reject_line(self, at, code):
        self.rejected_at, self.rejection_code = at, code

    @transition(state, source=S.IN_PAYMENT, target=S.ORDERED)
    def release_line(self):
        self.paid_by = self.in_payment_at = None

    @transition(state, source=S.PAID, target=S.PAYMENT_REJECTED)
    def return_payment(self, at, code):
        self.rejected_at, self.rejection_code, self.paid_on = at, code, None

    @transition(state, source=S.PAYMENT_REJECTED, target=S.PAID)
    def undo_return(self, paid_on):
        self.rejected_at, self.rejection_code, self.paid_on = None, "", paid_on

    @transition(state, source=S.PAYMENT_REJECTED, target=S.CERTIFIED)
    def recertify(self, by, at, note):
        self._forget_order()
        self.paid_by = self.in_payment_at = self.settled_at = None
        self.certified_by, self.certified_at, self.certification_note = by, at, note

    def _cancel(self, at, reason):
        self.cancelled_at, self.cancel_reason = at, reason
        self.held_at, self.hold_reason = None, ""

    @transition(state, source=[S.SCHEDULED, S.DUE, S.CERTIFIED, S.PAYMENT_REJECTED], target=S.CANCELLED)
    def cancel(self, at, reason):
        self._cancel(at, reason)

    @transition(state, source=[S.SCHEDULED, S.DUE, S.CERTIFIED, S.PAYMENT_REJECTED], target=S.CANCELLED)
    def release(self, at, reason):
        """The consequence of another act: termination, nothing left to pay."""
        self._cancel(at, reason)
