"""Questions of the public."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from core.models import Machine, StateField
from core.redaction import redacted
from fund.models import Call
from registry.enums import QuestionState, SetAsideReason
from registry.models.pages import public_title


class Question(Machine):
    """A question of the public on a call, or on one of its published projects; never who asks. Public once answered, with its answer.

    `email`: where the answer is also sent, if given; emptied as soon as the question is closed. `due_on`: last day of the rules' time to answer.
    """

    machine = "question"

    state = StateField(_("state"), choices=QuestionState.choices, default=QuestionState.ASKED)
    reference = models.CharField(_("reference"), max_length=20, unique=True)
    call = models.ForeignKey(Call, models.PROTECT, related_name="questions", verbose_name=_("call"))
    application = models.ForeignKey(
        "applications.Application",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="questions",
        verbose_name=_("project"),
    )
    text = models.TextField(_("question"))
    email = models.EmailField(_("e-mail address"), blank=True)
    language = models.CharField(_("language"), max_length=2, default="fr")
    asked_at = models.DateTimeField(_("asked at"))
    due_on = models.DateField(_("answer due on"))
    overdue_told_at = models.DateTimeField(_("officers told that it is overdue at"), null=True, blank=True)
    answer = models.TextField(_("answer"), blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("answered by")
    )
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    set_aside_reason = models.CharField(
        _("why it is set aside"), max_length=20, blank=True, choices=SetAsideReason.choices
    )

    class Meta:
        verbose_name = _("question of the public")
        verbose_name_plural = _("questions of the public")
        ordering = ["due_on", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=QuestionState.values), name="question_state"),
            models.CheckConstraint(
                condition=~Q(state="answered")
                | ~Q(answer="") & Q(answered_at__isnull=False, answered_by__isnull=False),
                name="question_answered",
            ),
            models.CheckConstraint(
                condition=~Q(state="set_aside") | ~Q(set_aside_reason=""), name="question_set_aside_with_reason"
            ),
            models.CheckConstraint(condition=Q(state="asked") | Q(email=""), name="question_email_while_it_waits"),
        ]
        indexes = [models.Index(fields=["call", "state"], name="question_call_state")]

    def __str__(self):
        return self.reference

    @property
    def path(self) -> str:
        """The public page where it is read."""
        if self.application is not None:
            return f"/projets/{self.application.reference}/questions/"
        return f"/appels/{self.call.slug}/questions/"

    @property
    def public_text(self) -> str:
        return redacted(self.text)

    @property
    def public_answer(self) -> str:
        return redacted(self.answer)

    @property
    def title(self) -> str:
        """What it is about, as the public reads it."""
        return public_title(self.application) if self.application is not None else self.call.title

    @transition(state, source=[QuestionState.ASKED, QuestionState.ANSWERED], target=QuestionState.ANSWERED)
    def answer_publicly(self, text: str, by, at):
        self.answer, self.answered_by, self.answered_at, self.email = text, by, at, ""

    @transition(state, source=QuestionState.ASKED, target=QuestionState.SET_ASIDE)
    def set_aside(self, reason: str):
        self.set_aside_reason, self.email = reason, ""
