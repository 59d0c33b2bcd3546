from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from core.models.machine import Machine, StateField


class TwoKeyState(models.TextChoices):
    PROPOSED = "proposed", _("proposed")
    APPROVED = "approved", _("approved")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("withdrawn")
    EXPIRED = "expired", _("expired")
    STALE = "stale", _("out of date")


class TwoKeyAct(Machine):
    """An act that one proposes and another approves. Bound to a hash of what was proposed; executed in the approval's transaction."""

    machine = "two_key_act"

    state = StateField(_("state"), choices=TwoKeyState.choices, default=TwoKeyState.PROPOSED)
    reference = models.CharField(_("reference"), max_length=40, unique=True)
    target_machine = models.CharField(_("machine"), max_length=40)
    target_id = models.BigIntegerField(_("object"))
    verb = models.CharField(_("verb"), max_length=60)
    title = models.CharField(_("title"), max_length=200)
    params = models.JSONField(_("parameters"), default=dict)
    content_hash = models.CharField(_("hash of the content"), max_length=64)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("proposed by")
    )
    proposed_at = models.DateTimeField(_("proposed at"))
    expires_at = models.DateTimeField(_("expires at"))
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("closed by")
    )
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    reason = models.TextField(_("reason"), blank=True)

    class Meta:
        verbose_name = _("two-key act")
        verbose_name_plural = _("two-key acts")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=TwoKeyState.values), name="two_key_state"),
            models.CheckConstraint(
                condition=~models.Q(state="approved")
                | (models.Q(closed_by__isnull=False) & ~models.Q(closed_by=models.F("proposed_by"))),
                name="two_key_two_people",
            ),
            models.UniqueConstraint(
                fields=["target_machine", "target_id", "verb"],
                condition=models.Q(state="proposed"),
                name="two_key_one_open",
            ),
        ]

    said = ""
    """The title in the language of the page, once a page has asked for it."""

    def __str__(self):
        return self.said or self.title

    def _close(self, by, at):
        self.closed_by, self.closed_at = by, at

    @transition(state, source=TwoKeyState.PROPOSED, target=TwoKeyState.APPROVED)
    def approve(self, by, at):
        self._close(by, at)

    @transition(state, source=TwoKeyState.PROPOSED, target=TwoKeyState.REFUSED)
    def refuse(self, by, at, reason):
        self._close(by, at)
        self.reason = reason

    @transition(state, source=TwoKeyState.PROPOSED, target=TwoKeyState.WITHDRAWN)
    def withdraw(self, by, at):
        self._close(by, at)

    @transition(state, source=TwoKeyState.PROPOSED, target=TwoKeyState.EXPIRED)
    def expire(self, by, at):
        self._close(by, at)

    @transition(state, source=TwoKeyState.PROPOSED, target=TwoKeyState.STALE)
    def mark_stale(self, by, at):
        self._close(by, at)
