"""An external expert asked about one file: no account, no vote, no score; an opinion, once."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from applications.queries import with_interest
from core.models import Machine, StateField
from fund.enums import Role
from fund.queries import has_role
from reviews.enums.experts import EXPERT_BADGES, OPEN_REQUESTS, ExpertState
from reviews.enums.reading import DeclarationState, Ground
from reviews.models.declaration import Declaration

E = ExpertState


class ExpertRequestQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Members who declared no interest read the opinions given; co-presidents among them, case officers and auditors follow the requests. Whoever has an
        interest in the file, or has not said yet, sees nothing of it."""
        if not user or not user.is_authenticated or not user.is_active:
            return self.none()
        unsaid = Declaration.objects.filter(user=user).exclude(state=DeclarationState.NONE).values("application")
        rows = self.exclude(application__in=unsaid).exclude(application__in=with_interest(user).values("pk"))
        if has_role(user, Role.CASE_OFFICER) or has_role(user, Role.AUDITOR):
            return rows
        opened = Declaration.objects.filter(user=user, state=DeclarationState.NONE).values("application")
        rows = rows.filter(application__in=opened)
        return rows if has_role(user, Role.CO_PRESIDENT) else rows.submitted()

    def submitted(self):
        return self.filter(state=E.SUBMITTED)

    def running(self):
        return self.filter(state__in=OPEN_REQUESTS)


class ExpertRequest(Machine):
    """The person asked, the question, the personal link (its hash alone) and the opinion. Past `deadline_at` the link opens nothing until it is extended."""

    link_token: str
    """The link just made, for the one who asks (tests, the demo's seed)."""

    machine = "expert_request"

    state = StateField(_("state"), choices=E.choices, default=E.ASKED)
    application = models.ForeignKey(
        "applications.Application", models.PROTECT, related_name="expert_requests", verbose_name=_("application")
    )
    name = models.CharField(_("expert"), max_length=150)
    email = models.EmailField(_("expert’s e-mail address"))
    organisation = models.CharField(_("expert’s organisation"), max_length=200)
    expertise = models.CharField(_("expertise"), max_length=200)
    question = models.TextField(_("question asked"))
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked at"))
    deadline_at = models.DateTimeField(_("answer before"))
    reminded_at = models.DateTimeField(_("reminded at"), null=True, blank=True)
    token_hash = models.CharField(_("hash of the link"), max_length=64, blank=True, db_index=True)
    used_token_hash = models.CharField(_("hash of the used link"), max_length=64, blank=True, db_index=True)
    declared_at = models.DateTimeField(_("declared at"), null=True, blank=True)
    ground = models.CharField(_("ground"), max_length=30, choices=Ground.choices, blank=True)
    opinion = models.TextField(_("opinion"), blank=True)
    strengths = models.TextField(_("strengths"), blank=True)
    risks = models.TextField(_("risks"), blank=True)
    saved_at = models.DateTimeField(_("saved at"), null=True, blank=True)
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    objects = ExpertRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request to an expert")
        verbose_name_plural = _("requests to experts")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=E.values), name="expert_request_state"),
            models.CheckConstraint(
                condition=Q(state__in=OPEN_REQUESTS) & ~Q(token_hash="")
                | ~Q(state__in=OPEN_REQUESTS) & Q(token_hash="", closed_at__isnull=False),
                name="expert_request_open_has_link",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("reading", "submitted")) | Q(declared_at__isnull=False),
                name="expert_request_reads_once_declared",
            ),
            models.CheckConstraint(
                condition=~Q(state="submitted") | (Q(submitted_at__isnull=False) & ~Q(opinion="")),
                name="expert_request_submitted_says",
            ),
            models.CheckConstraint(
                condition=Q(state="conflicted") & ~Q(ground="") | ~Q(state="conflicted") & Q(ground=""),
                name="expert_request_conflict_has_ground",
            ),
            models.UniqueConstraint(
                fields=["application", "email"], condition=Q(state__in=OPEN_REQUESTS), name="expert_request_once"
            ),
        ]

    def __str__(self):
        return f"{self.application_id} / {self.name}"

    @property
    def event_subject(self):
        return self.application.reference

    @property
    def badge_tone(self) -> str:
        return EXPERT_BADGES[self.state]

    def _use_up(self, next_hash=""):
        self.used_token_hash, self.token_hash = self.token_hash, next_hash

    def _close(self, at):
        self._use_up()
        self.closed_at = at

    # The graph.
    @transition(state, source=E.ASKED, target=E.READING)
    def declare_free(self, at, next_hash):
        self._use_up(next_hash)
        self.declared_at = at

    @transition(state, source=[E.ASKED, E.READING], target=E.CONFLICTED)
    def declare_conflict(self, ground, at):
        """What he had begun to write goes with the access."""
        self._close(at)
        self.ground, self.declared_at = ground, at
        self.opinion = self.strengths = self.risks = ""

    @transition(state, source=[E.ASKED, E.READING], target=E.DECLINED)
    def decline(self, at):
        self._close(at)

    @transition(state, source=E.READING, target=E.READING)
    def save_opinion(self, at):
        self.saved_at = at

    @transition(state, source=E.READING, target=E.SUBMITTED)
    def submit(self, at):
        self._close(at)
        self.submitted_at = self.saved_at = at

    @transition(state, source=[E.ASKED, E.READING], target=E.REVOKED)
    def revoke(self, at):
        self._close(at)
