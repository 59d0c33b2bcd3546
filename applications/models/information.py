from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from applications.enums import InformationRequestState
from applications.models.application import Application
from core.models import Document, Machine, StateField

R = InformationRequestState


class InformationRequestQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(application__in=Application.objects.visible_to(user).values("pk"))


class InformationRequest(Machine):
    """What the fund says is missing, why, under which article, and until when. It pauses the two-month clock.

    `items` is a list of {"section", "label", "reason", "article"}: only those sections may change in the answer.
    """

    machine = "information_request"

    application = models.ForeignKey(
        Application, models.PROTECT, related_name="information_requests", verbose_name=_("application")
    )
    number = models.PositiveSmallIntegerField(_("number"))
    state = StateField(_("state"), choices=R.choices, default=R.OPEN)
    items = models.JSONField(_("what is missing"))
    message = models.TextField(_("message"), blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by")
    )
    opened_at = models.DateTimeField(_("opened at"))
    due_at = models.DateTimeField(_("answer before"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answer_text = models.TextField(_("answer"), blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("answered by")
    )
    reminded_at = models.DateTimeField(_("reminded at"), null=True, blank=True)
    document = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("letter")
    )

    objects = InformationRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request for information")
        verbose_name_plural = _("requests for information")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=R.values), name="information_request_state"),
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True) | (~Q(state="open") & Q(closed_at__isnull=False)),
                name="information_request_closed_at",
            ),
            models.CheckConstraint(
                condition=~Q(state="answered") | Q(answered_at__isnull=False), name="information_request_answered_at"
            ),
            models.CheckConstraint(
                condition=Q(due_at__gt=models.F("opened_at")), name="information_request_due_after_opening"
            ),
            models.UniqueConstraint(
                fields=["application"], condition=Q(state="open"), name="information_request_one_open"
            ),
            models.UniqueConstraint(fields=["application", "number"], name="information_request_number"),
        ]

    def __str__(self):
        return f"{self.application_id} / {self.number}"

    @property
    def event_subject(self):
        return self.application.reference

    @property
    def sections(self) -> set[str]:
        """The sections that may change."""
        return {item["section"] for item in self.items}

    @transition(state, source=R.OPEN, target=R.ANSWERED)
    def answer(self, by, at, text):
        self.answered_by, self.answered_at, self.closed_at, self.answer_text = by, at, at, text

    @transition(state, source=R.OPEN, target=R.OPEN)
    def extend(self, due_at):
        self.due_at = due_at

    @transition(state, source=R.OPEN, target=R.WITHDRAWN)
    def withdraw(self, at):
        self.closed_at = at

    @transition(state, source=R.OPEN, target=R.EXPIRED)
    def expire(self, at):
        self.closed_at = at
