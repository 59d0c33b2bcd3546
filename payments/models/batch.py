from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from core.append_only import frozen
from core.fields import EncryptedTextField
from core.models import Machine, StateField
from payments.enums import BADGES, BankSchema, BatchState
from payments.iban import masked
from payments.models.agreement import instant, person, sees_all_money
from payments.models.instalment import Instalment
from payments.models.order import PaymentOrder, ThirdSignature

B = BatchState
AFTER_FREEZE = ("frozen", "exported", "settled", "rejected")
AFTER_EXPORT = ("exported", "settled", "rejected")


class PaymentBatchQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.all() if sees_all_money(user) else self.none()


@frozen(
    "reference",
    "opened_by",
    "opened_at",
    once={
        "message_id": (
            "message_id",
            "schema",
            "controls",
            "execution_on",
            "debtor_name",
            "debtor_iban",
            "debtor_bic",
            "total_amount",
            "lines_count",
            "frozen_by",
            "frozen_at",
        ),
        "sha256": ("sha256", "content", "exported_by", "exported_at"),
    },
)
class PaymentBatch(Machine):
    """Payments sent to the bank together. From the freeze on, the file is a pure function of the batch; its SHA-256 is kept at export."""

    machine = "payment_batch"

    state = StateField(_("state"), choices=B.choices, default=B.OPEN)
    reference = models.CharField(_("reference"), max_length=40, unique=True)
    opened_by = person(_("opened by"))
    opened_at = models.DateTimeField(_("opened at"))
    schema = models.CharField(
        _("format of the file"), max_length=20, choices=BankSchema.choices, default=BankSchema.PAIN_09
    )
    controls = models.JSONField(_("controls done"), default=list)
    message_id = models.CharField(_("message id"), max_length=35, blank=True)
    execution_on = models.DateField(_("execution date"), null=True, blank=True)
    debtor_name = models.CharField(_("debtor"), max_length=140, blank=True)
    debtor_iban = EncryptedTextField(_("debtor's IBAN"), blank=True)
    debtor_bic = models.CharField(_("debtor's BIC"), max_length=11, blank=True)
    total_amount = models.BigIntegerField(_("total"), default=0)
    lines_count = models.PositiveIntegerField(_("number of payments"), default=0)
    frozen_by = person(_("frozen by"))
    frozen_at = instant(_("frozen at"))
    exported_by = person(_("exported by"))
    exported_at = instant(_("exported at"))
    content = EncryptedTextField(_("file"), blank=True)
    sha256 = models.CharField(_("SHA-256 of the file"), max_length=64, blank=True)
    closed_at = instant(_("closed at"))

    objects = PaymentBatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment batch")
        verbose_name_plural = _("payment batches")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=B.values), name="batch_state"),
            models.CheckConstraint(condition=Q(schema__in=BankSchema.values), name="batch_schema"),
            models.CheckConstraint(
                condition=~Q(state__in=AFTER_FREEZE)
                | (
                    Q(
                        frozen_by__isnull=False,
                        frozen_at__isnull=False,
                        execution_on__isnull=False,
                        lines_count__gt=0,
                        total_amount__gt=0,
                    )
                    & ~Q(message_id="")
                    & ~Q(debtor_name="")
                ),
                name="batch_frozen_facts",
            ),
            models.CheckConstraint(
                condition=(
                    Q(state__in=AFTER_EXPORT, exported_by__isnull=False, exported_at__isnull=False) & ~Q(sha256="")
                )
                | (~Q(state__in=AFTER_EXPORT) & Q(sha256="", exported_at__isnull=True)),
                name="batch_exported_facts",
            ),
            models.UniqueConstraint(fields=["message_id"], condition=~Q(message_id=""), name="batch_message_id_once"),
        ]

    def __str__(self):
        return self.reference

    @property
    def masked_debtor_iban(self) -> str:
        return masked(self.debtor_iban)

    @property
    def tone(self) -> str:
        return BADGES["payment_batch"][self.state]

    def two_key_facts(self) -> dict:
        return {"state": self.state, "sha256": self.sha256}

    @transition(state, source=B.OPEN, target=B.OPEN)
    def add(self):
        """Lines are rows of their own."""

    @transition(state, source=B.OPEN, target=B.OPEN)
    def remove(self):
        """Lines are rows of their own."""

    @transition(state, source=B.OPEN, target=B.FROZEN)
    def freeze(self, by, at, controls, message_id, execution_on, schema, debtor, total, count):
        self.frozen_by, self.frozen_at, self.controls = by, at, controls
        self.message_id, self.execution_on, self.schema = message_id, execution_on, schema
        self.debtor_name, self.debtor_iban, self.debtor_bic = debtor
        self.total_amount, self.lines_count = total, count

    @transition(state, source=B.FROZEN, target=B.EXPORTED)
    def export(self, by, at, content, sha256):
        self.exported_by, self.exported_at, self.content, self.sha256 = by, at, content, sha256

    @transition(state, source=[B.OPEN, B.FROZEN], target=B.CANCELLED)
    def cancel(self, at):
        self.closed_at = at

    @transition(state, source=B.EXPORTED, target=B.SETTLED)
    def settle(self, at):
        self.closed_at = at

    @transition(state, source=B.EXPORTED, target=B.REJECTED)
    def reject_file(self, at):
        self.closed_at = at

    @transition(state, source=B.EXPORTED, target=B.REJECTED)
    def refused_by_bank(self, at):
        self.closed_at = at


@frozen(
    "batch",
    "position",
    "instalment",
    "order",
    "third_signature_needed",
    "added_by",
    "added_at",
    once={"in_file": ("in_file", "third_signature")},
)
class BatchLine(models.Model):
    """A payment in a batch. `live` until the batch is cancelled, the line taken out or the payment rejected: one live line an instalment."""

    batch = models.ForeignKey(PaymentBatch, models.PROTECT, related_name="lines", verbose_name=_("batch"))
    position = models.PositiveIntegerField(_("position"))
    instalment = models.ForeignKey(Instalment, models.PROTECT, related_name="batch_lines", verbose_name=_("instalment"))
    order = models.ForeignKey(PaymentOrder, models.PROTECT, related_name="batch_lines", verbose_name=_("payment order"))
    third_signature_needed = models.BooleanField(_("needs a third signature"), default=False)
    third_signature = models.ForeignKey(
        ThirdSignature,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("third signature"),
    )
    live = models.BooleanField(_("live"), default=True)
    in_file = models.BooleanField(_("in the file"), default=False)
    added_by = person(_("added by"))
    added_at = models.DateTimeField(_("added at"))

    class Meta:
        verbose_name = _("line of a batch")
        verbose_name_plural = _("lines of batches")
        ordering = ["batch_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["instalment"], condition=Q(live=True), name="batch_line_one_live"),
            models.UniqueConstraint(fields=["order"], condition=Q(live=True), name="batch_line_order_one_live"),
            models.UniqueConstraint(fields=["batch", "position"], name="batch_line_position"),
            models.CheckConstraint(
                condition=Q(in_file=False) | Q(third_signature_needed=False) | Q(third_signature__isnull=False),
                name="batch_line_third_signature",
            ),
        ]

    def __str__(self):
        return f"{self.batch_id} / {self.position}"
