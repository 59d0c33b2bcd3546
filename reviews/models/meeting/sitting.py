"""The meeting itself: notice, opening, closing, who sits and who presides."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from core.models import Machine, StateField
from fund.enums import College, Role
from fund.queries import has_role
from reviews.enums.meeting import (
    MEETING_HELD,
    MEETING_TONES,
    ActingReason,
    AttendanceKind,
    MeetingState,
)


def sees_meetings(user) -> bool:
    """Case officers and auditors see every meeting."""
    return has_role(user, Role.CASE_OFFICER) or has_role(user, Role.AUDITOR)


def person(verbose_name):
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=verbose_name
    )


def instant(verbose_name):
    return models.DateTimeField(verbose_name, null=True, blank=True)


def paper(verbose_name):
    return models.ForeignKey(
        "core.Document", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=verbose_name
    )


class MeetingQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Those who sit in the panel of the call, case officers and auditors; nobody else."""
        if not user or not user.is_authenticated or not user.is_active:
            return self.none()
        if sees_meetings(user):
            return self.all()
        seats = self.model._meta.apps.get_model("reviews", "Seat").objects.current().filter(user=user)
        return self.filter(call__panel__in=seats.values("panel"))


class Meeting(Machine):
    """One meeting of a call's panel. Reconvened after an adjournment it stays the same meeting, at its next `sitting`."""

    machine = "meeting"

    state = StateField(_("state"), choices=MeetingState.choices, default=MeetingState.PLANNED, db_index=True)
    call = models.ForeignKey("fund.Call", models.PROTECT, related_name="meetings", verbose_name=_("call"))
    number = models.PositiveSmallIntegerField(_("number"))
    sitting = models.PositiveSmallIntegerField(_("sitting"), default=1)
    planned_at = models.DateTimeField(_("planned at"))
    place = models.CharField(_("place"), max_length=200, blank=True)
    remote_link = models.URLField(_("link to take part remotely"), max_length=300, blank=True)
    urgency_reason = models.CharField(_("reason of the urgency"), max_length=300, blank=True)
    second_notice = models.BooleanField(_("second notice: no quorum required"), default=False)
    quorum_failed = models.BooleanField(_("adjourned for want of a quorum"), default=False)
    created_by = person(_("planned by"))
    created_at = models.DateTimeField(_("created at"))
    convened_at = instant(_("notice sent at"))
    notice = paper(_("notice"))
    opened_at = instant(_("opened at"))
    opened_by = person(_("opened by"))
    adjourned_at = instant(_("adjourned at"))
    adjourned_reason = models.CharField(_("reason of the adjournment"), max_length=500, blank=True)
    quorum_record = paper(_("record of the missing quorum"))
    list_adopted_at = instant(_("list adopted at"))
    list_adopted_by = person(_("list put to the vote by"))
    list_free_amount = models.BigIntegerField(_("free in the envelope before the list"), null=True, blank=True)
    civil_closing_by = person(_("closing agreed for civil society by"))
    civil_closing_at = instant(_("closing agreed for civil society at"))
    state_closing_by = person(_("closing agreed for the State by"))
    state_closing_at = instant(_("closing agreed for the State at"))
    closed_at = instant(_("closed at"))
    minutes = paper(_("minutes"))
    minutes_version = models.PositiveSmallIntegerField(_("version of the minutes"), default=0)
    minutes_adopted_at = instant(_("minutes adopted at"))
    adopted_by_item = models.ForeignKey(
        "reviews.AgendaItem",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("adopted by the vote of"),
    )
    cancelled_at = instant(_("cancelled at"))
    cancelled_reason = models.CharField(_("reason of the cancellation"), max_length=500, blank=True)

    objects = MeetingQuerySet.as_manager()

    class Meta:
        verbose_name = _("meeting")
        verbose_name_plural = _("meetings")
        ordering = ["-planned_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=MeetingState.values), name="meeting_state"),
            models.UniqueConstraint(fields=["call", "number"], name="meeting_number_once"),
            models.CheckConstraint(
                condition=~Q(state__in=("convened", "open", *MEETING_HELD)) | Q(convened_at__isnull=False),
                name="meeting_convened_at",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("open", *MEETING_HELD)) | Q(opened_at__isnull=False, opened_by__isnull=False),
                name="meeting_opened_at",
            ),
            models.CheckConstraint(
                condition=~Q(state="adjourned") | (Q(adjourned_at__isnull=False) & ~Q(adjourned_reason="")),
                name="meeting_adjourned_why",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=MEETING_HELD,
                    closed_at__isnull=False,
                    civil_closing_by__isnull=False,
                    state_closing_by__isnull=False,
                )
                | (~Q(state__in=MEETING_HELD) & Q(closed_at__isnull=True)),
                name="meeting_closed_by_both",
            ),
            models.CheckConstraint(
                condition=Q(civil_closing_by__isnull=True) | ~Q(civil_closing_by=F("state_closing_by")),
                name="meeting_two_closers",
            ),
            models.CheckConstraint(
                condition=Q(state="minutes_adopted", minutes_adopted_at__isnull=False, minutes__isnull=False)
                | (~Q(state="minutes_adopted") & Q(minutes_adopted_at__isnull=True)),
                name="meeting_minutes_adopted_at",
            ),
            models.CheckConstraint(
                condition=Q(state="cancelled", cancelled_at__isnull=False)
                | (~Q(state="cancelled") & Q(cancelled_at__isnull=True)),
                name="meeting_cancelled_at",
            ),
            models.CheckConstraint(
                condition=Q(list_adopted_at__isnull=True)
                | Q(list_adopted_by__isnull=False, list_free_amount__isnull=False),
                name="meeting_list_adopted",
            ),
        ]

    def __str__(self):
        return self.reference

    @property
    def reference(self) -> str:
        """`S-3-1`: first meeting of call 3."""
        return f"S-{self.call.number}-{self.number}"

    @property
    def event_subject(self):
        return self.reference

    @property
    def rules(self):
        """The rule version frozen by the call."""
        return self.call.rule_version

    @property
    def badge_tone(self) -> str:
        return MEETING_TONES[self.state]

    @property
    def is_open(self) -> bool:
        return self.state == MeetingState.OPEN

    @property
    def closing_colleges(self) -> list[str]:
        """Colleges whose president has agreed to close."""
        given = ((College.CIVIL_SOCIETY, self.civil_closing_by_id), (College.STATE, self.state_closing_by_id))
        return [str(college) for college, by in given if by]

    def agree_to_close(self, college, by, at):
        if college == College.CIVIL_SOCIETY:
            self.civil_closing_by, self.civil_closing_at = by, at
        else:
            self.state_closing_by, self.state_closing_at = by, at

    def forget_closing(self):
        """What changes after a president agreed to close needs his agreement again."""
        self.civil_closing_by = self.civil_closing_at = self.state_closing_by = self.state_closing_at = None

    # The graph. Bodies set their own fields only.

    @transition(state, source=MeetingState.PLANNED, target=MeetingState.CONVENED)
    def convene(self, notice, urgency_reason, at):
        self.notice, self.urgency_reason, self.convened_at = notice, urgency_reason, at

    @transition(state, source=MeetingState.CONVENED, target=MeetingState.CONVENED)
    def change_agenda(self, notice, at):
        self.notice, self.convened_at = notice, at

    @transition(state, source=MeetingState.CONVENED, target=MeetingState.CONVENED)
    def reschedule(self, planned_at, place, remote_link, urgency_reason, at):
        self.planned_at, self.place, self.remote_link = planned_at, place, remote_link
        self.urgency_reason, self.convened_at = urgency_reason, at

    @transition(state, source=MeetingState.CONVENED, target=MeetingState.OPEN)
    def open(self, by, at):
        self.opened_by, self.opened_at = by, at

    @transition(state, source=MeetingState.CONVENED, target=MeetingState.ADJOURNED)
    def fail_quorum(self, record, reason, at):
        self.quorum_record, self.adjourned_reason, self.adjourned_at, self.quorum_failed = record, reason, at, True

    @transition(state, source=MeetingState.OPEN, target=MeetingState.ADJOURNED)
    def adjourn(self, reason, quorum_failed, at):
        self.adjourned_reason, self.quorum_failed, self.adjourned_at = reason, quorum_failed, at
        self.forget_closing()

    @transition(state, source=MeetingState.ADJOURNED, target=MeetingState.CONVENED)
    def reconvene(self, planned_at, place, remote_link, notice, urgency_reason, at):
        self.planned_at, self.place, self.remote_link = planned_at, place, remote_link
        self.notice, self.urgency_reason, self.convened_at = notice, urgency_reason, at
        self.second_notice, self.sitting = self.quorum_failed, self.sitting + 1
        self.quorum_failed, self.opened_at, self.opened_by = False, None, None

    @transition(state, source=MeetingState.OPEN, target=MeetingState.CLOSED)
    def close(self, at):
        self.closed_at = at

    @transition(state, source=MeetingState.CLOSED, target=MeetingState.CLOSED)
    def revise_minutes(self, document):
        self.minutes, self.minutes_version = document, self.minutes_version + 1

    @transition(state, source=MeetingState.CLOSED, target=MeetingState.MINUTES_ADOPTED)
    def adopt_minutes(self, at):
        self.minutes_adopted_at = at

    @transition(state, source=MeetingState.CLOSED, target=MeetingState.MINUTES_ADOPTED)
    def adopt_by_vote(self, item, at):
        self.adopted_by_item, self.minutes_adopted_at = item, at

    @transition(
        state,
        source=[MeetingState.PLANNED, MeetingState.CONVENED, MeetingState.ADJOURNED],
        target=MeetingState.CANCELLED,
    )
    def cancel(self, reason, at):
        self.cancelled_reason, self.cancelled_at = reason, at


class ActingPresident(models.Model):
    """A full member designated by his college to stand in for its co-president at this meeting. At most one at a time in each college."""

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="acting_presidents", verbose_name=_("meeting"))
    college = models.CharField(_("college"), max_length=20, choices=College.choices)
    seat = models.ForeignKey("reviews.Seat", models.PROTECT, related_name="+", verbose_name=_("seat"))
    reason = models.CharField(_("reason"), max_length=10, choices=ActingReason.choices)
    designated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("recorded by")
    )
    designated_at = models.DateTimeField(_("designated at"))
    ended_at = instant(_("ended at"))

    class Meta:
        verbose_name = _("acting president")
        verbose_name_plural = _("acting presidents")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "college"], condition=Q(ended_at__isnull=True), name="acting_president_one"
            )
        ]

    def __str__(self):
        return f"{self.meeting_id} / {self.seat_id}"


class Attendance(models.Model):
    """One voting seat at one sitting: who speaks for it. `represented_by` is the alternate, or the member who holds the proxy; `announced` what was
    answered to the notice."""

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="attendances", verbose_name=_("meeting"))
    sitting = models.PositiveSmallIntegerField(_("sitting"), default=1)
    seat = models.ForeignKey("reviews.Seat", models.PROTECT, related_name="attendances", verbose_name=_("seat"))
    announced = models.CharField(_("answer to the notice"), max_length=10, choices=AttendanceKind.choices, blank=True)
    presence = models.CharField(
        _("presence"), max_length=10, choices=AttendanceKind.choices, default=AttendanceKind.ABSENT
    )
    represented_by = models.ForeignKey(
        "reviews.Seat",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="stands_for",
        verbose_name=_("represented by"),
    )
    arrived_at = instant(_("arrived at"))
    left_at = instant(_("left at"))
    recorded_by = person(_("recorded by"))
    recorded_at = instant(_("recorded at"))

    class Meta:
        verbose_name = _("attendance")
        verbose_name_plural = _("attendance")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["meeting", "sitting", "seat"], name="attendance_once"),
            models.CheckConstraint(condition=Q(presence__in=AttendanceKind.values), name="attendance_presence"),
            models.CheckConstraint(
                condition=~Q(presence__in=("alternate", "proxy")) | Q(represented_by__isnull=False),
                name="attendance_represented",
            ),
            models.CheckConstraint(
                condition=Q(represented_by__isnull=True) | ~Q(represented_by=F("seat")), name="attendance_by_another"
            ),
        ]

    def __str__(self):
        return f"{self.meeting_id} / {self.seat_id}: {self.presence}"

    @staticmethod
    def code(presence: str, represented_by_id: int | None = None) -> str:
        """What is recorded of a seat, in a word: `room`, or `proxy:13` when the seat 13 speaks for it."""
        by_another = presence in (AttendanceKind.ALTERNATE, AttendanceKind.PROXY)
        return f"{presence}:{represented_by_id}" if by_another and represented_by_id else str(presence)

    @property
    def said(self) -> str:
        return self.code(self.presence, self.represented_by_id)
