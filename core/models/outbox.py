from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from core.models.document import Document
from core.models.machine import Machine, StateField


class MailState(models.TextChoices):
    HELD = "held", _("held")
    QUEUED = "queued", _("queued")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed, to retry")
    DEAD = "dead", _("given up")


class Mail(Machine):
    """A mail as a row of the act's transaction; the worker sends it after commit, at least once, with a stable Message-ID."""

    machine = "mail"

    state = StateField(_("state"), choices=MailState.choices, default=MailState.QUEUED)
    code = models.CharField(_("code"), max_length=60)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("recipient")
    )
    to = models.EmailField(_("address"))
    language = models.CharField(_("language"), max_length=2, default="fr")
    subject = models.CharField(_("subject"), max_length=255)
    text = models.TextField(_("text"))
    reference = models.CharField(_("reference"), max_length=40, blank=True)
    attachment = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("document it waits for")
    )
    message_id = models.CharField(_("message id"), max_length=120, unique=True)
    created_at = models.DateTimeField(_("created at"))
    next_attempt_at = models.DateTimeField(_("next attempt at"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    error = models.CharField(_("error"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        ordering = ["id"]
        indexes = [models.Index(fields=["state", "next_attempt_at"], name="mail_due")]
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=MailState.values), name="mail_state"),
            models.CheckConstraint(
                condition=models.Q(state="sent", sent_at__isnull=False) | ~models.Q(state="sent"), name="mail_sent_at"
            ),
        ]

    def __str__(self):
        return f"{self.code} → {self.to}"

    @transition(state, source=MailState.HELD, target=MailState.QUEUED)
    def release(self, at):
        self.next_attempt_at = at

    @transition(state, source=[MailState.QUEUED, MailState.FAILED], target=MailState.SENT)
    def mark_sent(self, at):
        self.sent_at, self.error = at, ""

    @transition(state, source=[MailState.QUEUED, MailState.FAILED], target=MailState.FAILED)
    def mark_failed(self, next_attempt_at, error):
        self.next_attempt_at, self.error, self.attempts = next_attempt_at, error[:200], self.attempts + 1

    @transition(state, source=[MailState.QUEUED, MailState.FAILED], target=MailState.DEAD)
    def give_up(self, error):
        self.error = error[:200]

    @transition(state, source=MailState.DEAD, target=MailState.QUEUED)
    def requeue(self, at):
        self.next_attempt_at, self.attempts = at, 0
