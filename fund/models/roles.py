from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from core.models import Machine, StateField
from fund.enums import COLLEGE_ROLES, College, Role, RoleGrantState


class RoleGrantQuerySet(models.QuerySet):
    def in_effect(self, at):
        """Roles held at this instant: `[starts_at, ends_at)`, granted (ended ones count for the instants before their end)."""
        return self.filter(
            Q(ends_at__isnull=True) | Q(ends_at__gt=at),
            starts_at__lte=at,
            state__in=[RoleGrantState.GRANTED, RoleGrantState.ENDED],
        )

    def not_over(self, at):
        """Roles in effect or still to come."""
        return self.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at), state=RoleGrantState.GRANTED)


class RoleGrant(Machine):
    """A role held by a person between two instants, given by two keys. `college` is filled for co-presidents and panel members only."""

    machine = "role_grant"

    state = StateField(_("state"), choices=RoleGrantState.choices, default=RoleGrantState.PROPOSED)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="role_grants", verbose_name=_("person")
    )
    role = models.CharField(_("role"), max_length=40, choices=Role.choices)
    college = models.CharField(_("college"), max_length=20, choices=College.choices, blank=True)
    title = models.CharField(_("office or capacity"), max_length=150, blank=True)
    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("ends at"), null=True, blank=True)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("granted by")
    )
    granted_at = models.DateTimeField(_("granted at"), null=True, blank=True)
    procedure = models.CharField(
        _("procedure"),
        max_length=20,
        default="two_keys",
        choices=[("two_keys", _("two keys")), ("bootstrap", _("bootstrap")), ("rescue", _("rescue"))],
    )

    objects = RoleGrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ["role", "college", "-starts_at", "id"]
        indexes = [
            models.Index(fields=["user", "role"], name="role_grant_of_user"),
            models.Index(fields=["role", "college"], name="role_grant_role"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RoleGrantState.values), name="role_grant_state"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="role_grant_role_known"),
            models.CheckConstraint(
                condition=Q(role__in=COLLEGE_ROLES, college__in=College.values)
                | (~Q(role__in=COLLEGE_ROLES) & Q(college="")),
                name="role_grant_college_when_due",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gte=F("starts_at")), name="role_grant_dates"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["granted", "ended"])
                | (Q(granted_at__isnull=False, granted_by__isnull=False) & ~Q(granted_by=F("user"))),
                name="role_grant_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state="ended") | Q(ends_at__isnull=False), name="role_grant_ended_has_end"
            ),
            models.UniqueConstraint(
                fields=["user", "role", "college"],
                condition=Q(state="granted", ends_at__isnull=True),
                name="role_grant_once_open_ended",
            ),
            models.UniqueConstraint(
                fields=["user", "role", "college"], condition=Q(state="proposed"), name="role_grant_proposed_once"
            ),
        ]

    def __str__(self):
        return f"{self.user} : {self.role_label}"

    def save(self, *args, **kwargs):
        super().save(*args, **kwargs)
        self.user.__dict__.pop(
            "_role_grants", None
        )  # the person's roles are remembered on the instance, see fund.queries

    @property
    def role_label(self) -> str:
        """`co-president (civil society)`."""
        return (
            f"{self.get_role_display()} ({self.get_college_display()})"
            if self.college
            else str(self.get_role_display())
        )

    def is_in_effect(self, at) -> bool:
        held = self.state in (RoleGrantState.GRANTED, RoleGrantState.ENDED)
        return held and self.starts_at <= at and (self.ends_at is None or at < self.ends_at)

    def two_key_facts(self) -> dict:
        return {
            "state": self.state,
            "user": self.user_id,
            "role": self.role,
            "college": self.college,
            "starts_at": self.starts_at.isoformat(),
            "ends_at": self.ends_at.isoformat() if self.ends_at else None,
        }

    @transition(state, source=RoleGrantState.PROPOSED, target=RoleGrantState.GRANTED)
    def grant(self, by, at):
        self.granted_by, self.granted_at = by, at

    @transition(state, source=RoleGrantState.GRANTED, target=RoleGrantState.GRANTED)
    def extend(self, ends_at):
        self.ends_at = ends_at

    @transition(state, source=RoleGrantState.GRANTED, target=RoleGrantState.ENDED)
    def end(self, at):
        self.ends_at = max(at, self.starts_at)

    @transition(state, source=RoleGrantState.GRANTED, target=RoleGrantState.ENDED)
    def step_down(self, at):
        self.ends_at = max(at, self.starts_at)

    @transition(state, source=RoleGrantState.PROPOSED, target=RoleGrantState.DROPPED)
    def drop(self):
        pass
