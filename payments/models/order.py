from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.append_only import frozen
from core.fields import EncryptedTextField
from payments.enums import OUTCOMES
from payments.iban import masked
from payments.models.agreement import instant, person
from payments.models.instalment import Instalment


@frozen(
    "instalment",
    "attempt",
    "reference",
    "end_to_end_id",
    "amount",
    "account",
    "holder",
    "iban",
    "bic",
    "ordered_by",
    "ordered_at",
    "delegation",
    "rule_version",
    "third_signature_above_amount",
    once={"document": ("document",)},
)
class PaymentOrder(models.Model):
    """One order to pay: its own end-to-end id for ever, and a copy of the account as it was approved. Never changed but for how it ended."""

    instalment = models.ForeignKey(Instalment, models.PROTECT, related_name="orders", verbose_name=_("instalment"))
    attempt = models.PositiveSmallIntegerField(_("attempt"))
    reference = models.CharField(_("reference"), max_length=40, unique=True)
    end_to_end_id = models.CharField(_("end-to-end id"), max_length=35, unique=True)
    amount = models.BigIntegerField(_("amount"))
    account = models.ForeignKey(
        "payments.PayeeAccount", models.PROTECT, related_name="orders", verbose_name=_("payee account")
    )
    holder = models.CharField(_("holder"), max_length=140)
    iban = EncryptedTextField(_("IBAN"))
    bic = models.CharField(_("BIC"), max_length=11, blank=True)
    ordered_by = person(_("ordered by"))
    ordered_at = models.DateTimeField(_("ordered at"))
    delegation = models.ForeignKey(
        "fund.Delegation",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("delegation of signature"),
    )
    rule_version = models.ForeignKey(
        "fund.RuleVersion",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("rules in force on the day of the order"),
    )
    third_signature_above_amount = models.BigIntegerField(_("third signature asked above"), null=True, blank=True)
    document = models.ForeignKey(
        "core.Document", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("document")
    )
    chorus_request = models.CharField(_("payment request in Chorus (DP)"), max_length=10, blank=True)
    outcome = models.CharField(_("how it ended"), max_length=20, blank=True)
    ended_at = instant(_("ended at"))

    class Meta:
        verbose_name = _("payment order")
        verbose_name_plural = _("payment orders")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["instalment", "attempt"], name="payment_order_attempt"),
            models.UniqueConstraint(
                fields=["instalment"], condition=Q(ended_at__isnull=True), name="payment_order_one_live"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_order_amount"),
            models.UniqueConstraint(
                fields=["chorus_request"], condition=~Q(chorus_request=""), name="payment_order_chorus_request"
            ),
        ]

    def __str__(self):
        return self.reference

    @property
    def third_signature(self) -> "ThirdSignature | None":
        """The one that stands, or stood when the order ended; None when it was never given, or lost to a suspension."""
        return next((one for one in self.third_signatures.all() if one.ended_at is None), None)

    @property
    def paper(self):
        """The document of the order as it stands: as it was given, then with the third signature."""
        third = self.third_signature
        return third.document if third is not None and third.document_id else self.document

    @property
    def masked_iban(self) -> str:
        return masked(self.iban)

    @property
    def outcome_label(self):
        return OUTCOMES.get(self.outcome, self.outcome)


@frozen("order", "signed_by", "signed_at", "delegation", once={"document": ("document",), "ended_at": ("ended_at",)})
class ThirdSignature(models.Model):
    """An order above the threshold of the rules, signed by another authorising person. It ends when the payment is suspended, and is then given again."""

    order = models.ForeignKey(
        PaymentOrder, models.PROTECT, related_name="third_signatures", verbose_name=_("payment order")
    )
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("signed as third person by")
    )
    signed_at = models.DateTimeField(_("signed as third person at"))
    delegation = models.ForeignKey(
        "fund.Delegation",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("delegation of signature"),
    )
    document = models.ForeignKey(
        "core.Document", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("document")
    )
    ended_at = instant(_("ended at"))

    class Meta:
        verbose_name = _("third signature")
        verbose_name_plural = _("third signatures")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["order"], condition=Q(ended_at__isnull=True), name="third_signature_one_live"
            ),
        ]

    def __str__(self):
        return f"{self.order_id} / {self.signed_by_id}"
