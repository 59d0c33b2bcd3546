from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from core.models import Machine
from core.transitions import canonical_hash
from fund.enums import College, Role
from fund.queries import has_role
from reviews.enums.meeting import (
    ITEM_TONES,
    MEETING_HELD,
    MEETING_TONES,
    OUTCOME_TONES,
    ActingReason,
    AgendaItemState,
    AttendanceKind,
    BallotChoice,
    MeetingState,
    MinutesCapacity,
    Proposal,
    VoteMode,
    VoteOutcome,
)

M, I = MeetingState, AgendaItemState  # noqa: E741


def sees_meetings(user) -> bool:
    """Case officers and auditors see every meeting."""
    return has_role(user, Role.CASE_OFFICER) or has_role(user, Role.AUDITOR)


def _person(verbose_name):
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=verbose_name
    )


def _instant(verbose_name):
    return models.DateTimeField(verbose_name, null=True, blank=True)


def _paper(verbose_name):
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
        sits = Q(ends_at__isnull=True) | Q(ends_at__gt=timezone.now())
        seats = self.model._meta.apps.get_model("reviews", "Seat").objects.filter(sits, user=user)
        return self.filter(call__panel__in=seats.values("panel"))


class Meeting(Machine):
    """One meeting of a call's panel. Reconvened after an adjournment it stays the same meeting, at its next `sitting`."""

    machine = "meeting"

    state = FSMField(_("state"), choices=M.choices, default=M.PLANNED, protected=True, db_index=True)
    call = models.ForeignKey("fund.Call", models.PROTECT, related_name="meetings", verbose_name=_("call"))
    number = models.PositiveSmallIntegerField(_("number"))
    sitting = models.PositiveSmallIntegerField(_("sitting"), default=1)
    planned_at = models.DateTimeField(_("planned at"))
    place = models.CharField(_("place"), max_length=200, blank=True)
    remote_link = models.URLField(_("link to take part remotely"), max_length=300, blank=True)
    urgency_reason = models.CharField(_("reason of the urgency"), max_length=300, blank=True)
    second_notice = models.BooleanField(_("second notice: no quorum required"), default=False)
    quorum_failed = models.BooleanField(_("adjourned for want of a quorum"), default=False)
    created_by = _person(_("planned by"))
    created_at = models.DateTimeField(_("created at"))
    convened_at = _instant(_("notice sent at"))
    notice = _paper(_("notice"))
    opened_at = _instant(_("opened at"))
    opened_by = _person(_("opened by"))
    adjourned_at = _instant(_("adjourned at"))
    adjourned_reason = models.CharField(_("reason of the adjournment"), max_length=500, blank=True)
    quorum_record = _paper(_("record of the missing quorum"))
    list_adopted_at = _instant(_("list adopted at"))
    list_adopted_by = _person(_("list put to the vote by"))
    list_free_amount = models.BigIntegerField(_("free in the envelope before the list"), null=True, blank=True)
    civil_closing_by = _person(_("closing agreed for civil society by"))
    civil_closing_at = _instant(_("closing agreed for civil society at"))
    state_closing_by = _person(_("closing agreed for the State by"))
    state_closing_at = _instant(_("closing agreed for the State at"))
    closed_at = _instant(_("closed at"))
    minutes = _paper(_("minutes"))
    minutes_version = models.PositiveSmallIntegerField(_("version of the minutes"), default=0)
    minutes_adopted_at = _instant(_("minutes adopted at"))
    adopted_by_item = models.ForeignKey(
        "reviews.AgendaItem",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("adopted by the vote of"),
    )
    cancelled_at = _instant(_("cancelled at"))
    cancelled_reason = models.CharField(_("reason of the cancellation"), max_length=500, blank=True)

    objects = MeetingQuerySet.as_manager()

    class Meta:
        verbose_name = _("meeting")
        verbose_name_plural = _("meetings")
        ordering = ["-planned_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=M.values), name="meeting_state"),
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
        return self.state == M.OPEN

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

    @transition(state, source=M.PLANNED, target=M.CONVENED)
    def convene(self, notice, urgency_reason, at):
        self.notice, self.urgency_reason, self.convened_at = notice, urgency_reason, at

    @transition(state, source=M.CONVENED, target=M.CONVENED)
    def change_agenda(self, notice, at):
        self.notice, self.convened_at = notice, at

    @transition(state, source=M.CONVENED, target=M.OPEN)
    def open(self, by, at):
        self.opened_by, self.opened_at = by, at

    @transition(state, source=M.CONVENED, target=M.ADJOURNED)
    def fail_quorum(self, record, reason, at):
        self.quorum_record, self.adjourned_reason, self.adjourned_at, self.quorum_failed = record, reason, at, True

    @transition(state, source=M.OPEN, target=M.ADJOURNED)
    def adjourn(self, reason, quorum_failed, at):
        self.adjourned_reason, self.quorum_failed, self.adjourned_at = reason, quorum_failed, at
        self.forget_closing()

    @transition(state, source=M.ADJOURNED, target=M.CONVENED)
    def reconvene(self, planned_at, place, remote_link, notice, urgency_reason, at):
        self.planned_at, self.place, self.remote_link = planned_at, place, remote_link
        self.notice, self.urgency_reason, self.convened_at = notice, urgency_reason, at
        self.second_notice, self.sitting = self.quorum_failed, self.sitting + 1
        self.quorum_failed, self.opened_at, self.opened_by = False, None, None

    @transition(state, source=M.OPEN, target=M.CLOSED)
    def close(self, at):
        self.closed_at = at

    @transition(state, source=M.CLOSED, target=M.CLOSED)
    def revise_minutes(self, document):
        self.minutes, self.minutes_version = document, self.minutes_version + 1

    @transition(state, source=M.CLOSED, target=M.MINUTES_ADOPTED)
    def adopt_minutes(self, at):
        self.minutes_adopted_at = at

    @transition(state, source=M.CLOSED, target=M.MINUTES_ADOPTED)
    def adopt_by_vote(self, item, at):
        self.adopted_by_item, self.minutes_adopted_at = item, at

    @transition(state, source=[M.PLANNED, M.CONVENED, M.ADJOURNED], target=M.CANCELLED)
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
    ended_at = _instant(_("ended at"))

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
    arrived_at = _instant(_("arrived at"))
    left_at = _instant(_("left at"))
    recorded_by = _person(_("recorded by"))
    recorded_at = _instant(_("recorded at"))

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


class AgendaItem(Machine):
    """One point of the agenda: a file (`application`), the minutes of an earlier meeting (`minutes_of`), or a subject without money. Amounts in cents."""

    machine = "agenda_item"

    state = FSMField(_("state"), choices=I.choices, default=I.LISTED, protected=True)
    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="items", verbose_name=_("meeting"))
    application = models.ForeignKey(
        "applications.Application",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="agenda_items",
        verbose_name=_("application"),
    )
    minutes_of = models.ForeignKey(
        Meeting, models.PROTECT, null=True, blank=True, related_name="adoption_items", verbose_name=_("minutes of")
    )
    title = models.CharField(_("title"), max_length=200)
    position = models.PositiveSmallIntegerField(_("position"))
    proposal = models.CharField(_("proposal"), max_length=10, choices=Proposal.choices, blank=True)
    amount = models.BigIntegerField(_("proposed amount"), null=True, blank=True)
    grounds = models.TextField(_("grounds"), blank=True)
    debate = models.TextField(_("summary of the discussion"), blank=True)
    dissent = models.TextField(_("disagreement to be recorded"), blank=True)
    place = models.PositiveSmallIntegerField(_("place given by a vote"), null=True, blank=True)
    place_reason = models.CharField(_("reason of the move"), max_length=500, blank=True)
    place_at = _instant(_("moved at"))
    round = models.PositiveSmallIntegerField(_("number of the last vote"), default=0)
    tied = models.BooleanField(_("second discussion after an equal split"), default=False)
    secret_asked_by = models.ManyToManyField(
        "reviews.Seat", blank=True, related_name="+", verbose_name=_("secret ballot asked by")
    )
    outcome = models.CharField(_("outcome"), max_length=10, choices=VoteOutcome.choices, blank=True)
    discussed_at = _instant(_("called at"))
    voted_at = _instant(_("voted at"))
    reason = models.CharField(_("reason of the deferral or removal"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("agenda item")
        verbose_name_plural = _("agenda items")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=I.values), name="agenda_item_state"),
            models.CheckConstraint(
                condition=Q(application__isnull=True) | Q(minutes_of__isnull=True), name="agenda_item_one_subject"
            ),
            models.UniqueConstraint(
                fields=["meeting", "application"],
                condition=Q(application__isnull=False) & ~Q(state="withdrawn"),
                name="agenda_item_file_once",
            ),
            models.UniqueConstraint(
                fields=["application"],
                condition=Q(state__in=("listed", "in_discussion")),
                name="agenda_item_file_in_one_meeting",
            ),
            models.UniqueConstraint(
                fields=["meeting"], condition=Q(state="in_discussion"), name="agenda_item_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=~Q(state="voted") | (Q(voted_at__isnull=False, round__gt=0) & ~Q(outcome="")),
                name="agenda_item_voted",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("deferred", "withdrawn")) | ~Q(reason=""), name="agenda_item_reason"
            ),
            models.CheckConstraint(condition=Q(amount__isnull=True) | Q(amount__gt=0), name="agenda_item_amount"),
        ]

    def __str__(self):
        return f"{self.meeting_id} / {self.position}"

    @property
    def event_subject(self):
        """The meeting's reference, never the file's: nothing of a meeting stands in the life of a file before its notification."""
        return self.meeting.reference

    @property
    def badge_tone(self) -> str:
        return ITEM_TONES[self.state]

    @property
    def outcome_tone(self) -> str:
        return OUTCOME_TONES.get(self.outcome, "")

    @property
    def is_file(self) -> bool:
        return self.application_id is not None

    @property
    def disposition(self) -> str:
        """What the vote leads to: the proposal when adopted, a refusal when funding was not; nothing while no vote settles it."""
        if self.state != I.VOTED or not self.proposal:
            return ""
        if self.outcome == VoteOutcome.ADOPTED:
            return self.proposal
        return "" if self.proposal == Proposal.REJECTED else Proposal.REJECTED.value

    # The graph. Bodies set their own fields only.

    @transition(state, source=I.LISTED, target=I.IN_DISCUSSION)
    def discuss(self, at):
        self.discussed_at = at

    @transition(state, source=I.IN_DISCUSSION, target=I.VOTED)
    def vote(self, outcome, at):
        self.outcome, self.voted_at, self.tied = outcome, at, False

    @transition(state, source=[I.LISTED, I.IN_DISCUSSION], target=I.DEFERRED)
    def defer(self, reason):
        self.reason, self.tied = reason, False

    @transition(state, source=[I.LISTED, I.IN_DISCUSSION], target=I.WITHDRAWN)
    def withdraw(self, reason):
        self.reason = reason

    @transition(state, source=I.DEFERRED, target=I.LISTED)
    def list_again(self, meeting, position):
        self.meeting, self.position, self.reason, self.outcome = meeting, position, "", ""

    @transition(state, source=I.VOTED, target=I.IN_DISCUSSION)
    def reopen(self):
        self.outcome, self.voted_at = "", None


class Departure(models.Model):
    """A recused member who left for one item, and when; `replaced_by` is the alternate who took the seat for it."""

    item = models.ForeignKey(AgendaItem, models.PROTECT, related_name="departures", verbose_name=_("item"))
    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="departures", verbose_name=_("meeting"))
    seat = models.ForeignKey("reviews.Seat", models.PROTECT, related_name="+", verbose_name=_("seat"))
    left_at = models.DateTimeField(_("left at"))
    returned_at = _instant(_("returned at"))
    replaced_by = models.ForeignKey(
        "reviews.Seat", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("replaced by")
    )

    class Meta:
        verbose_name = _("departure")
        verbose_name_plural = _("departures")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "seat"], condition=Q(returned_at__isnull=True), name="departure_once"
            ),
            models.CheckConstraint(
                condition=Q(replaced_by__isnull=True) | ~Q(replaced_by=F("seat")), name="departure_replaced_by_another"
            ),
        ]

    def __str__(self):
        return f"{self.item_id} / {self.seat_id}"


class Vote(models.Model):
    """One vote on an item, by number; every one is kept. `weighted` is the exact sum of the two halves (`7/8`), `present` the quorum of that moment."""

    item = models.ForeignKey(AgendaItem, models.PROTECT, related_name="votes", verbose_name=_("item"))
    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="votes", verbose_name=_("meeting"))
    round = models.PositiveSmallIntegerField(_("number"))
    mode = models.CharField(_("mode"), max_length=10, choices=VoteMode.choices)
    proposal = models.CharField(_("proposal"), max_length=10, choices=Proposal.choices, blank=True)
    amount = models.BigIntegerField(_("proposed amount"), null=True, blank=True)
    second = models.BooleanField(_("after an equal split"), default=False)
    rule = models.CharField(_("majority"), max_length=20, blank=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=VoteOutcome.choices, blank=True)
    weighted = models.CharField(_("weighted sum"), max_length=40, blank=True)
    equal_weight = models.BooleanField(_("both colleges voted with equal weight"), default=False)
    opened_at = models.DateTimeField(_("opened at"))
    closed_at = _instant(_("closed at"))

    class Meta:
        verbose_name = _("vote")
        verbose_name_plural = _("votes")
        ordering = ["round"]
        constraints = [
            models.UniqueConstraint(fields=["item", "round"], name="vote_round_once"),
            models.UniqueConstraint(fields=["item"], condition=Q(closed_at__isnull=True), name="vote_one_open"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, outcome="") | (Q(closed_at__isnull=False) & ~Q(outcome="")),
                name="vote_closed_outcome",
            ),
        ]

    def __str__(self):
        return f"{self.item_id} / {self.round}"

    @property
    def badge_tone(self) -> str:
        return OUTCOME_TONES.get(self.outcome, "")

    @property
    def is_secret(self) -> bool:
        return self.mode == VoteMode.SECRET


class Ballot(models.Model):
    """That a seat has voted. In an open vote `choice` says how; in a secret one it is empty, and the choice went into the tally without a trace."""

    item = models.ForeignKey(AgendaItem, models.PROTECT, related_name="ballots", verbose_name=_("item"))
    round = models.PositiveSmallIntegerField(_("number of the vote"))
    seat = models.ForeignKey("reviews.Seat", models.PROTECT, related_name="ballots", verbose_name=_("seat"))
    choice = models.CharField(_("choice"), max_length=10, choices=BallotChoice.choices, blank=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("entered by")
    )

    class Meta:
        verbose_name = _("ballot")
        verbose_name_plural = _("ballots")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["item", "round", "seat"], name="ballot_once")]

    def __str__(self):
        return f"{self.item_id} / {self.round} / {self.seat_id}"


class Tally(models.Model):
    """Votes of one college: incremented ballot by ballot in a secret vote, counted when an open vote closes. `present` is set at closing."""

    item = models.ForeignKey(AgendaItem, models.PROTECT, related_name="tallies", verbose_name=_("item"))
    round = models.PositiveSmallIntegerField(_("number of the vote"))
    college = models.CharField(_("college"), max_length=20, choices=College.choices)
    votes_for = models.PositiveSmallIntegerField(_("for"), default=0)
    against = models.PositiveSmallIntegerField(_("against"), default=0)
    abstained = models.PositiveSmallIntegerField(_("abstentions"), default=0)
    present = models.PositiveSmallIntegerField(_("seats present"), default=0)
    base = models.PositiveSmallIntegerField(_("seats of the base"), default=0)

    class Meta:
        verbose_name = _("tally")
        verbose_name_plural = _("tallies")
        ordering = ["item_id", "round", "college"]
        constraints = [models.UniqueConstraint(fields=["item", "round", "college"], name="tally_once")]

    def __str__(self):
        return f"{self.item_id} / {self.round} / {self.college}: {self.votes_for}-{self.against}-{self.abstained}"


class MinutesSection(models.Model):
    """One part of one version of the minutes, with its hash. An item's part is hidden from who is recused from it."""

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="sections", verbose_name=_("meeting"))
    version = models.PositiveSmallIntegerField(_("version"))
    position = models.PositiveSmallIntegerField(_("position"))
    code = models.CharField(_("code"), max_length=20)
    item = models.ForeignKey(
        AgendaItem, models.PROTECT, null=True, blank=True, related_name="sections", verbose_name=_("item")
    )
    title = models.CharField(_("title"), max_length=250)
    text = models.TextField(_("text"), blank=True)
    hash = models.CharField(_("hash"), max_length=64)

    class Meta:
        verbose_name = _("section of the minutes")
        verbose_name_plural = _("sections of the minutes")
        ordering = ["meeting_id", "version", "position"]
        constraints = [models.UniqueConstraint(fields=["meeting", "version", "position"], name="minutes_section_once")]

    def __str__(self):
        return f"{self.meeting_id} v{self.version} / {self.position}"

    def digest(self) -> str:
        """SHA-256 of what the section says, as it stands now."""
        return canonical_hash(
            {
                "meeting": self.meeting.reference,
                "version": self.version,
                "position": self.position,
                "title": self.title,
                "text": self.text,
            }
        )

    @property
    def is_intact(self) -> bool:
        return self.digest() == self.hash


class MinutesSignature(models.Model):
    """A signature of the minutes: the list of hashes it covers. Void once the text changed."""

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="minutes_signatures", verbose_name=_("meeting"))
    version = models.PositiveSmallIntegerField(_("version"))
    college = models.CharField(_("college"), max_length=20, choices=College.choices)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("signer"))
    capacity = models.CharField(_("capacity"), max_length=10, choices=MinutesCapacity.choices)
    hashes = models.JSONField(_("hashes signed"), default=list)
    list_hash = models.CharField(_("hash of the list"), max_length=64)
    signed_at = models.DateTimeField(_("signed at"))
    signature = models.ForeignKey(
        "core.Signature",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("signature of the document"),
    )
    voided_at = _instant(_("void since"))

    class Meta:
        verbose_name = _("signature of the minutes")
        verbose_name_plural = _("signatures of the minutes")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "version", "user"],
                condition=Q(voided_at__isnull=True),
                name="minutes_signature_once",
            )
        ]

    def __str__(self):
        return f"{self.meeting_id} v{self.version} / {self.user_id}"


class MinutesRefusal(models.Model):
    """A president's refusal to sign, with its reason: the next meeting may then adopt the minutes by a vote."""

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="minutes_refusals", verbose_name=_("meeting"))
    college = models.CharField(_("college"), max_length=20, choices=College.choices)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("co-president"))
    reason = models.TextField(_("reason"))
    refused_at = models.DateTimeField(_("refused at"))
    withdrawn_at = _instant(_("withdrawn at"))

    class Meta:
        verbose_name = _("refusal to sign the minutes")
        verbose_name_plural = _("refusals to sign the minutes")
        ordering = ["id"]

    def __str__(self):
        return f"{self.meeting_id} / {self.user_id}"


__all__ = [
    "ActingPresident",
    "AgendaItem",
    "Attendance",
    "Ballot",
    "Departure",
    "Meeting",
    "MinutesRefusal",
    "MinutesSection",
    "MinutesSignature",
    "Tally",
    "Vote",
    "sees_meetings",
]
