"""Programs that are told what becomes public: where, with which secret, and each thing that was sent to them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from core.fields import EncryptedTextField
from core.models import Machine, StateField
from registry.enums import WebhookState
from registry.models.changes import PublicChange


class Webhook(Machine):
    """One address that gets what becomes public, signed. `told`: last public change that was queued for it; `failing_since`: first failure with no
    success since.
    """

    machine = "webhook"

    state = StateField(_("state"), choices=WebhookState.choices, default=WebhookState.ACTIVE)
    reference = models.CharField(_("reference"), max_length=20, unique=True)
    label = models.CharField(_("who it is for"), max_length=120)
    url = EncryptedTextField(_("address"))
    secret = EncryptedTextField(_("secret"))
    kinds = models.JSONField(_("what is sent"), default=list)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("registered by")
    )
    created_at = models.DateTimeField(_("registered at"))
    told = models.BigIntegerField(_("told up to"), default=0)
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True)
    disabled_at = models.DateTimeField(_("disabled at"), null=True, blank=True)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=WebhookState.values), name="webhook_state"),
            models.CheckConstraint(
                condition=~Q(state="disabled") | Q(disabled_at__isnull=False), name="webhook_disabled_at"
            ),
            models.CheckConstraint(condition=~Q(state="ended") | Q(secret="", url=""), name="webhook_ended_empty"),
        ]

    def __str__(self):
        return self.reference

    @transition(state, source=WebhookState.ACTIVE, target=WebhookState.ACTIVE)
    def renew_secret(self, secret):
        self.secret = secret

    @transition(state, source=WebhookState.ACTIVE, target=WebhookState.DISABLED)
    def disable(self, at):
        self.disabled_at = at

    @transition(state, source=WebhookState.DISABLED, target=WebhookState.ACTIVE)
    def enable(self):
        self.disabled_at = self.failing_since = None

    @transition(state, source=[WebhookState.ACTIVE, WebhookState.DISABLED], target=WebhookState.ENDED)
    def end(self):
        self.url = self.secret = ""


class Delivery(models.Model):
    """One message to one webhook: about a public change, or a greeting without one. Where it stands is told by its instants.

    `uid` is the same however often it is sent; `status` and `error` are of the last time. What was sent is made as it leaves and not kept.
    """

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries", verbose_name=_("webhook"))
    change = models.ForeignKey(
        PublicChange, models.CASCADE, null=True, related_name="+", verbose_name=_("public change")
    )
    uid = models.CharField(_("message id"), max_length=40, unique=True)
    queued_at = models.DateTimeField(_("queued at"))
    next_attempt_at = models.DateTimeField(_("next attempt at"), null=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    sent_at = models.DateTimeField(_("sent at"), null=True)
    given_up_at = models.DateTimeField(_("given up at"), null=True)
    status = models.PositiveSmallIntegerField(_("status of the answer"), null=True)
    error = models.CharField(_("error"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("message to a program")
        verbose_name_plural = _("messages to programs")
        ordering = ["-id"]
        indexes = [models.Index(fields=["next_attempt_at"], name="delivery_due")]
        constraints = [
            models.UniqueConstraint(fields=["webhook", "change"], name="delivery_once"),
            models.CheckConstraint(
                condition=Q(next_attempt_at__isnull=True) | Q(sent_at__isnull=True, given_up_at__isnull=True),
                name="delivery_due_or_over",
            ),
        ]

    def __str__(self):
        return self.uid

    @property
    def phase(self) -> str:
        """`sent`, `given_up`, `failed` (to be tried again) or `queued`."""
        if self.sent_at:
            return "sent"
        if self.given_up_at:
            return "given_up"
        return "failed" if self.attempts else "queued"
