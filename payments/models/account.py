from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from core.fields import EncryptedTextField
from core.models import Machine, StateField
from payments.enums import APPLICANT_LABELS, BADGES, EvidenceKind, PayeeAccountState
from payments.iban import masked
from payments.models.agreement import Agreement, instant, person

P = PayeeAccountState


class OfAgreement(models.QuerySet):
    """Rows of a grant are seen with their grant."""

    def visible_to(self, user):
        return self.filter(agreement__in=Agreement.objects.visible_to(user).values("pk"))


class Evidence(models.Model):
    """A file that proves something about a grant: bank statement of identity, certification, receipt, result. Never deleted once used."""

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="evidence", verbose_name=_("agreement"))
    kind = models.CharField(_("kind"), max_length=20, choices=EvidenceKind.choices)
    instalment = models.ForeignKey(
        "payments.Instalment",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="evidence",
        verbose_name=_("instalment"),
    )
    report = models.ForeignKey(
        "payments.Report", models.PROTECT, null=True, blank=True, related_name="evidence", verbose_name=_("report")
    )
    line = models.ForeignKey(
        "payments.ReportLine",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="receipts",
        verbose_name=_("line of the report"),
    )
    name = models.CharField(_("name"), max_length=200)
    file = models.FileField(_("file"), upload_to="evidence/%Y/%m/", max_length=255)
    size = models.PositiveIntegerField(_("size in bytes"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    content_type = models.CharField(_("type"), max_length=120)
    uploaded_by = person(_("uploaded by"))
    uploaded_at = models.DateTimeField(_("uploaded at"))
    removed_at = instant(_("removed at"))

    objects = OfAgreement.as_manager()

    class Meta:
        verbose_name = _("supporting document")
        verbose_name_plural = _("supporting documents")
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=Q(kind__in=EvidenceKind.values), name="evidence_kind")]

    def __str__(self):
        return self.name


class PayeeAccount(Machine):
    """A bank account a grant may be paid to: recorded by one, approved by another. The number is encrypted at rest and shown masked."""

    machine = "payee_account"

    state = StateField(_("state"), choices=P.choices, default=P.RECORDED)
    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="payee_accounts", verbose_name=_("agreement"))
    number = models.PositiveSmallIntegerField(_("version"))
    holder = models.CharField(_("holder"), max_length=140)
    iban = EncryptedTextField(_("IBAN"))
    bic = models.CharField(_("BIC"), max_length=11, blank=True)
    iban_end = models.CharField(_("last four signs"), max_length=4)
    proof = models.ForeignKey(Evidence, models.PROTECT, related_name="+", verbose_name=_("proof"))
    from_paper = models.BooleanField(_("recorded from paper"), default=False)
    recorded_by = person(_("recorded by"))
    recorded_at = models.DateTimeField(_("recorded at"))
    closed_by = person(_("approved or refused by"))
    approved_at = instant(_("approved at"))
    usable_from = instant(_("usable from"))
    refused_at = instant(_("refused at"))
    withdrawn_at = instant(_("withdrawn at"))
    reason = models.TextField(_("reason"), blank=True)
    blocked_at = instant(_("blocked at"))
    blocked_by = person(_("blocked by"))

    objects = OfAgreement.as_manager()

    class Meta:
        verbose_name = _("payee account")
        verbose_name_plural = _("payee accounts")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=P.values), name="payee_account_state"),
            models.CheckConstraint(
                condition=~Q(state__in=("approved", "replaced", "blocked"))
                | Q(closed_by__isnull=False, approved_at__isnull=False, usable_from__isnull=False),
                name="payee_account_approved_by",
            ),
            models.CheckConstraint(
                condition=Q(closed_by__isnull=True) | ~Q(closed_by=F("recorded_by")), name="payee_account_two_people"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("refused", "blocked")) | ~Q(reason=""), name="payee_account_reason"
            ),
            models.CheckConstraint(
                condition=Q(state="withdrawn", withdrawn_at__isnull=False, closed_by__isnull=True)
                | (~Q(state="withdrawn") & Q(withdrawn_at__isnull=True)),
                name="payee_account_withdrawn_at",
            ),
            models.UniqueConstraint(fields=["agreement", "number"], name="payee_account_number"),
            models.UniqueConstraint(
                fields=["agreement"], condition=Q(state="approved"), name="payee_account_one_approved"
            ),
            models.UniqueConstraint(
                fields=["agreement"], condition=Q(state="recorded"), name="payee_account_one_recorded"
            ),
        ]

    def __str__(self):
        return f"{self.agreement_id} / {self.number}"

    @property
    def event_subject(self):
        return self.agreement.reference

    @property
    def masked_iban(self) -> str:
        return masked(self.iban)

    @property
    def tone(self) -> str:
        return BADGES["payee_account"][self.state]

    @property
    def applicant_label(self):
        return APPLICANT_LABELS["payee_account"][self.state]

    @property
    def waits(self) -> bool:
        """Approved, but not to be used yet: the account changed after a first payment."""
        return self.state == P.APPROVED and timezone.now() < self.usable_from

    def two_key_facts(self) -> dict:
        return {"state": self.state, "iban_end": self.iban_end, "holder": self.holder, "number": self.number}

    @transition(state, source=P.RECORDED, target=P.APPROVED)
    def approve(self, by, at, usable_from):
        self.closed_by, self.approved_at, self.usable_from = by, at, usable_from

    @transition(state, source=P.RECORDED, target=P.REFUSED)
    def refuse(self, by, at, reason):
        self.closed_by, self.refused_at, self.reason = by, at, reason

    @transition(state, source=P.RECORDED, target=P.WITHDRAWN)
    def withdraw(self, at):
        self.withdrawn_at = at

    @transition(state, source=P.APPROVED, target=P.REPLACED)
    def replace(self):
        """The next approved account takes its place."""

    @transition(state, source=P.APPROVED, target=P.BLOCKED)
    def block(self, by, at, reason):
        self.blocked_by, self.blocked_at, self.reason = by, at, reason

    @transition(state, source=P.APPROVED, target=P.BLOCKED)
    def block_by_bank(self, by, at, reason):
        self.blocked_by, self.blocked_at, self.reason = by, at, reason

    @transition(state, source=P.BLOCKED, target=P.APPROVED)
    def unblock(self):
        self.blocked_by, self.blocked_at, self.reason = None, None, ""
