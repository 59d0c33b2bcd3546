from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from core.models import Machine, StateField
from fund.enums import Role
from fund.queries import has_role
from reviews.enums.reading import AUTOMATIC_GROUNDS, BADGES, DeclarationState, Ground

D = DeclarationState


class DeclarationQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own; case officers, co-presidents and auditors follow them all (the state and the category, never the private detail)."""
        if not user or not user.is_authenticated or not user.is_active:
            return self.none()
        if any(has_role(user, role) for role in (Role.CASE_OFFICER, Role.CO_PRESIDENT, Role.AUDITOR)):
            return self.all()
        return self.filter(user=user)


class Declaration(Machine):
    """Whether one member has an interest in one file. Until he says, he sees the file's card; recused, its reference and nothing else."""

    machine = "declaration"

    state = StateField(_("state"), choices=D.choices, default=D.REQUIRED, db_index=True)
    application = models.ForeignKey(
        "applications.Application", models.PROTECT, related_name="declarations", verbose_name=_("application")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="declarations", verbose_name=_("member")
    )
    ground = models.CharField(_("ground"), max_length=30, choices=Ground.choices, blank=True)
    hints = models.JSONField(_("likenesses the member set aside"), default=list, blank=True)
    hint_cleared_at = models.DateTimeField(_("likeness accepted by both co-presidents at"), null=True, blank=True)
    opened_at = models.DateTimeField(_("asked at"))
    declared_at = models.DateTimeField(_("declared at"), null=True, blank=True)
    lifted_at = models.DateTimeField(_("recusal lifted at"), null=True, blank=True)

    objects = DeclarationQuerySet.as_manager()

    class Meta:
        verbose_name = _("declaration of interest")
        verbose_name_plural = _("declarations of interest")
        ordering = ["id"]
        indexes = [models.Index(fields=["user", "state"], name="declaration_of_member")]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=D.values), name="declaration_state"),
            models.UniqueConstraint(fields=["application", "user"], name="declaration_once"),
            models.CheckConstraint(
                condition=Q(state="recused") & ~Q(ground="") | ~Q(state="recused") & Q(ground=""),
                name="declaration_recused_has_ground",
            ),
            models.CheckConstraint(
                condition=Q(state="required") | Q(declared_at__isnull=False), name="declaration_declared_at"
            ),
        ]

    def __str__(self):
        return f"{self.application_id} / {self.user_id}"

    @property
    def event_subject(self):
        return self.application.reference

    @property
    def badge_tone(self) -> str:
        return BADGES[self.state]

    @property
    def is_automatic(self) -> bool:
        return self.ground in AUTOMATIC_GROUNDS

    def two_key_facts(self) -> dict:
        return {"state": self.state, "ground": self.ground, "application": self.application_id, "user": self.user_id}

    # The graph.
    @transition(state, source=D.REQUIRED, target=D.NONE)
    def declare_none(self, hints, at):
        self.hints, self.declared_at = hints, at

    @transition(state, source=D.REQUIRED, target=D.REQUIRED)
    def clear_hint(self, at):
        self.hint_cleared_at = at

    @transition(state, source=[D.REQUIRED, D.NONE], target=D.RECUSED)
    def declare_interest(self, ground, at):
        self.ground, self.declared_at = ground, at

    @transition(state, source=[D.REQUIRED, D.NONE], target=D.RECUSED)
    def recuse_of_office(self, ground, at):
        self.ground, self.declared_at = ground, at

    @transition(state, source=D.RECUSED, target=D.NONE)
    def lift(self, at):
        self.ground, self.lifted_at, self.declared_at = "", at, at
