from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from core.models import Machine, StateField
from fund.enums import COLLEGE_ROLES, College, Role
from fund.models import RoleGrant
from fund.queries import has_role
from reviews.enums.reading import BADGES, Fallback, Gender, PanelState, SeatEnd, SeatKind

P = PanelState


class PanelQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Its members see their panels; case officers, co-presidents and auditors see all."""
        if not user or not user.is_authenticated or not user.is_active:
            return self.none()
        if any(has_role(user, role) for role in (Role.CASE_OFFICER, Role.CO_PRESIDENT, Role.AUDITOR)):
            return self.all()
        return self.filter(pk__in=Seat.objects.current().filter(user=user).values("panel"))


class Panel(Machine):
    """The panel of one call: two equal colleges of seats. `seed` breaks ties of the assignment; its `results` hold the proofs."""

    machine = "panel"

    state = StateField(_("state"), choices=P.choices, default=P.CONSTITUTED)
    call = models.OneToOneField("fund.Call", models.PROTECT, related_name="panel", verbose_name=_("call"))
    constituted_at = models.DateTimeField(_("constituted at"))
    constituted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("constituted by")
    )
    seed = models.CharField(_("public seed of the assignment"), max_length=80)
    reviews_per_college = models.PositiveSmallIntegerField(_("reviews of each file by each college"), default=2)
    shortages = models.JSONField(_("missing reviews and what replaces them, by file"), default=dict, blank=True)
    assigned_at = models.DateTimeField(_("assigned at"), null=True, blank=True)
    reading_closed_at = models.DateTimeField(_("reading closed at"), null=True, blank=True)
    reading_closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("reading closed by"),
    )

    objects = PanelQuerySet.as_manager()

    class Meta:
        verbose_name = _("panel")
        verbose_name_plural = _("panels")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=P.values), name="panel_state"),
            models.CheckConstraint(condition=Q(reviews_per_college__gte=1), name="panel_reviews_per_college"),
            models.CheckConstraint(
                condition=Q(state="constituted") | Q(assigned_at__isnull=False), name="panel_reading_was_assigned"
            ),
            models.CheckConstraint(
                condition=Q(state="reading_closed", reading_closed_at__isnull=False)
                | (~Q(state="reading_closed") & Q(reading_closed_at__isnull=True)),
                name="panel_reading_closed_at",
            ),
        ]

    def __str__(self):
        return str(self.call)

    @property
    def event_subject(self):
        return self.call.event_subject

    @property
    def badge_tone(self) -> str:
        return BADGES[self.state]

    @property
    def is_reading_closed(self) -> bool:
        return self.state == P.READING_CLOSED

    def fallback_of(self, reference: str) -> dict | None:
        """The recorded fallback of a file (`fallback`, `reason`, `at`), or None."""
        found = self.shortages.get(reference, {})
        return found if found.get("fallback") else None

    # The graph.
    @transition(state, source=P.CONSTITUTED, target=P.CONSTITUTED)
    def revise(self):
        """Seats change."""

    @transition(state, source=P.CONSTITUTED, target=P.READING)
    def assign(self, shortages, at):
        self.shortages, self.assigned_at = shortages, at

    @transition(state, source=P.READING, target=P.READING)
    def reassign(self, shortages):
        self.shortages = shortages

    @transition(state, source=P.READING, target=P.CONSTITUTED)
    def undo_assignment(self, shortages):
        """Nobody reads yet: as before the first assignment."""
        self.shortages, self.assigned_at = shortages, None

    @transition(state, source=P.READING, target=P.READING)
    def undo_reassignment(self, shortages):
        self.shortages = shortages

    @transition(state, source=P.READING, target=P.READING)
    def assign_reader(self, shortages):
        self.shortages = shortages

    @transition(state, source=P.READING, target=P.READING_CLOSED)
    def close_reading(self, by, at):
        self.reading_closed_by, self.reading_closed_at = by, at

    @transition(state, source=P.READING_CLOSED, target=P.READING_CLOSED)
    def record_fallback(self, reference, fallback: Fallback, reason, by, at):
        known = dict(self.shortages)
        known[reference] = {
            **known.get(reference, {}),
            "fallback": str(fallback),
            "reason": reason,
            "by": by.pk,
            "at": at.isoformat(),
        }
        self.shortages = known

    @transition(state, source=P.READING, target=P.READING)
    def record_early_fallback(self, reference, fallback: Fallback, reason, by, at):
        known = dict(self.shortages)
        known[reference] = {
            **known.get(reference, {}),
            "fallback": str(fallback),
            "reason": reason,
            "by": by.pk,
            "at": at.isoformat(),
        }
        self.shortages = known


class SeatQuerySet(models.QuerySet):
    def current(self, at=None):
        """Seats that are filled (at an instant, now by default): not ended, in their term, and held by someone who has the role that goes with them.
        No clock ends them: the dates are read."""
        at = at or timezone.now()
        held = RoleGrant.objects.in_effect(at).filter(
            user=OuterRef("user"), college=OuterRef("college"), role__in=COLLEGE_ROLES
        )
        return self.filter(
            Q(ends_at__isnull=True) | Q(ends_at__gt=at),
            Q(term_ends_on__isnull=True) | Q(term_ends_on__gte=timezone.localdate(at)),
            Q(kind=SeatKind.OBSERVER) | Exists(held),
        )

    def not_ended(self):
        """Seats that nobody ended, whether or not their holder may still sit."""
        return self.filter(ends_at__isnull=True)

    def members(self):
        """Full members and alternates: those who read, declare and may vote."""
        return self.exclude(kind=SeatKind.OBSERVER)

    def full_members(self):
        return self.filter(kind=SeatKind.FULL_MEMBER)

    def alternates(self):
        return self.filter(kind=SeatKind.ALTERNATE)

    def visible_to(self, user):
        return self.filter(panel__in=Panel.objects.visible_to(user).values("pk"))


class Seat(models.Model):
    """One place in a panel. Full members vote; an alternate replaces a full member of his college; an observer has no college and no vote. `themes` is
    {code: level 1-3}. `term_*` are the days of the term of office, both included."""

    panel = models.ForeignKey(Panel, models.PROTECT, related_name="seats", verbose_name=_("panel"))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="seats", verbose_name=_("person"))
    college = models.CharField(_("college"), max_length=20, choices=College.choices, blank=True)
    kind = models.CharField(_("kind of seat"), max_length=20, choices=SeatKind.choices, default=SeatKind.FULL_MEMBER)
    title = models.CharField(_("capacity"), max_length=150, blank=True)
    is_president = models.BooleanField(_("co-president"), default=False)
    acts_for_president = models.BooleanField(_("stands in for the co-president of the college"), default=False)
    load_min = models.PositiveSmallIntegerField(_("fewest files"), default=0)
    load_max = models.PositiveSmallIntegerField(_("most files"), default=60)
    themes = models.JSONField(_("themes"), default=dict, blank=True)
    departments = models.JSONField(_("departments"), default=list, blank=True)
    siret = models.CharField(_("SIRET of the body the member works for"), max_length=14, blank=True)
    created_at = models.DateTimeField(_("created at"))
    ends_at = models.DateTimeField(_("ends at"), null=True, blank=True)
    end_cause = models.CharField(_("why it ended"), max_length=20, choices=SeatEnd.choices, blank=True)
    replaces = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="successors", verbose_name=_("seat it follows")
    )
    term_starts_on = models.DateField(_("term starts on"), null=True, blank=True)
    term_ends_on = models.DateField(_("term ends on"), null=True, blank=True)
    appointing_act = models.CharField(_("appointing act"), max_length=150, blank=True)
    appointed_on = models.DateField(_("date of the appointing act"), null=True, blank=True)
    gender = models.CharField(_("gender"), max_length=10, choices=Gender.choices, blank=True)

    objects = SeatQuerySet.as_manager()

    class Meta:
        verbose_name = _("seat")
        verbose_name_plural = _("seats")
        ordering = ["college", "-is_president", "kind", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="observer", college="") | (~Q(kind="observer") & Q(college__in=College.values)),
                name="seat_college",
            ),
            models.CheckConstraint(condition=Q(end_cause__in=["", *SeatEnd.values]), name="seat_end_cause"),
            models.CheckConstraint(condition=Q(end_cause="") | Q(ends_at__isnull=False), name="seat_cause_has_end"),
            models.CheckConstraint(condition=Q(gender__in=["", *Gender.values]), name="seat_gender"),
            models.CheckConstraint(
                condition=Q(term_ends_on__isnull=True)
                | Q(term_starts_on__isnull=True)
                | Q(term_ends_on__gte=models.F("term_starts_on")),
                name="seat_term_dates",
            ),
            models.CheckConstraint(condition=Q(kind__in=SeatKind.values), name="seat_kind"),
            models.CheckConstraint(
                condition=Q(is_president=False) | Q(kind="full_member"), name="seat_president_is_full_member"
            ),
            models.CheckConstraint(condition=Q(load_min__lte=models.F("load_max")), name="seat_load"),
            models.UniqueConstraint(
                fields=["panel", "user"], condition=Q(ends_at__isnull=True), name="seat_person_once"
            ),
            models.UniqueConstraint(
                fields=["panel", "college"],
                condition=Q(is_president=True, ends_at__isnull=True),
                name="seat_one_president_per_college",
            ),
        ]

    def __str__(self):
        return str(self.user)

    @property
    def is_full_member(self) -> bool:
        return self.kind == SeatKind.FULL_MEMBER
