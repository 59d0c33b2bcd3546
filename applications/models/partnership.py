from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from applications.enums import BADGES, PartnershipState
from applications.models.application import Application
from core.models import Machine, StateField

P = PartnershipState


class PartnershipQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(application__in=Application.objects.visible_to(user).values("pk"))

    def confirmed(self):
        return self.filter(state=P.CONFIRMED)


class Partnership(Machine):
    """An administration asked to build the project with the applicant; its agent answers through a personal, single-use link, without an account."""

    link_token: str
    """The link just made, for the one who invites; only its hash is stored."""

    machine = "partnership"

    application = models.ForeignKey(
        Application, models.PROTECT, related_name="partnerships", verbose_name=_("application")
    )
    organisation = models.ForeignKey(
        "fund.Organisation", models.PROTECT, related_name="partnerships", verbose_name=_("administration")
    )
    state = StateField(_("state"), choices=P.choices, default=P.INVITED)
    agent_name = models.CharField(_("agent"), max_length=150, blank=True)
    agent_email = models.EmailField(_("agent’s e-mail address"))
    agent_role = models.CharField(_("agent’s position"), max_length=150, blank=True)
    agent_phone = models.CharField(_("agent’s phone"), max_length=30, blank=True)
    service = models.CharField(_("department or service"), max_length=200, blank=True)
    siret = models.CharField(_("SIRET"), max_length=14, blank=True)
    message = models.TextField(_("word from the applicant"), blank=True)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("invited by")
    )
    invited_at = models.DateTimeField(_("invited at"))
    deadline_at = models.DateTimeField(_("answer before"))
    reminded_at = models.DateTimeField(_("reminded at"), null=True, blank=True)
    token_hash = models.CharField(_("hash of the link"), max_length=64, blank=True, db_index=True)
    used_token_hash = models.CharField(_("hash of the used link"), max_length=64, blank=True, db_index=True)
    follow_token_hash = models.CharField(
        _("hash of the link to follow the application"), max_length=64, blank=True, default="", db_index=True
    )
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    commitment = models.TextField(_("what the administration brings"), blank=True)
    time_planned = models.CharField(_("time planned"), max_length=200, blank=True)
    authority = models.CharField(_("answers in the capacity of"), max_length=200, blank=True)
    publish_agent_name = models.BooleanField(_("agent agrees to be named publicly"), default=False)
    decline_reason = models.TextField(_("reason"), blank=True)

    objects = PartnershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("partnership")
        verbose_name_plural = _("partnerships")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=P.values), name="partnership_state"),
            models.CheckConstraint(
                condition=~Q(state="confirmed")
                | (
                    Q(confirmed_at__isnull=False)
                    & ~Q(agent_name="")
                    & ~Q(service="")
                    & ~Q(siret="")
                    & ~Q(agent_role="")
                ),
                name="partnership_confirmed_names_agent",
            ),
            models.CheckConstraint(
                condition=~Q(state="invited") | ~Q(token_hash=""), name="partnership_invited_has_link"
            ),
            models.CheckConstraint(
                condition=Q(follow_token_hash="") | Q(state="confirmed"), name="partnership_followed_is_confirmed"
            ),
            models.UniqueConstraint(
                fields=["application", "agent_email"],
                condition=Q(state__in=("invited", "confirmed")),
                name="partnership_agent_once",
            ),
        ]

    def __str__(self):
        return self.organisation.name

    @property
    def event_subject(self):
        return self.application.reference

    @property
    def badge_tone(self) -> str:
        return BADGES.get(self.state, "")

    def _invite(self, at, deadline_at, token_hash):
        self.invited_at, self.deadline_at, self.token_hash = at, deadline_at, token_hash
        self.answered_at = self.confirmed_at = self.reminded_at = None
        self.used_token_hash = self.decline_reason = ""

    def _consume(self, at, next_token_hash=""):
        self.answered_at, self.used_token_hash, self.token_hash = at, self.token_hash, next_token_hash

    @transition(state, source=P.INVITED, target=P.CONFIRMED)
    def confirm(self, at, next_token_hash, follow_token_hash):
        self._consume(at, next_token_hash)
        self.follow_token_hash = follow_token_hash
        self.confirmed_at, self.decline_reason = at, ""

    @transition(state, source=P.INVITED, target=P.DECLINED)
    def decline(self, at, reason):
        self._consume(at)
        self.decline_reason = reason

    @transition(state, source=P.INVITED, target=P.EXPIRED)
    def expire(self):
        self.used_token_hash, self.token_hash = self.token_hash, ""

    @transition(state, source=P.INVITED, target=P.CANCELLED)
    def cancel(self):
        self.used_token_hash, self.token_hash = self.token_hash, ""

    @transition(state, source=[P.EXPIRED, P.DECLINED, P.CANCELLED, P.WITHDRAWN], target=P.INVITED)
    def invite_again(self, at, deadline_at, token_hash):
        self._invite(at, deadline_at, token_hash)

    @transition(state, source=P.INVITED, target=P.INVITED)
    def send_reminder(self, at):
        self.reminded_at = at

    @transition(state, source=P.CONFIRMED, target=P.WITHDRAWN)
    def withdraw(self, at, reason):
        self._consume(at)
        self.decline_reason, self.follow_token_hash = reason, ""

    @transition(state, source=P.CONFIRMED, target=P.CONFIRMED)
    def correct(self, at, next_token_hash):
        self._consume(at, next_token_hash)

    @transition(state, source=P.CONFIRMED, target=P.CONFIRMED)
    def revoke_follow(self):
        self.follow_token_hash = ""
