"""What is on the agenda, who left for an item, and the votes on it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from core.models import Machine, StateField
from fund.enums import College
from reviews.enums.meeting import (
    DISPOSITION_TONES,
    ITEM_TONES,
    OUTCOME_TONES,
    AgendaItemState,
    BallotChoice,
    Proposal,
    VoteMode,
    VoteOutcome,
)
from reviews.models.meeting.sitting import Meeting, instant


class AgendaItem(Machine):
    """One point of the agenda: a file (`application`), the minutes of an earlier meeting (`minutes_of`), or a subject without money. Amounts in cents."""

    machine = "agenda_item"

    state = StateField(_("state"), choices=AgendaItemState.choices, default=AgendaItemState.LISTED)
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
    amount_reason = models.CharField(_("why less than the request"), max_length=500, blank=True)
    grounds = models.TextField(_("grounds"), blank=True)
    debate = models.TextField(_("summary of the discussion"), blank=True)
    dissent = models.TextField(_("disagreement to be recorded"), blank=True)
    place = models.PositiveSmallIntegerField(_("place given by a vote"), null=True, blank=True)
    place_reason = models.CharField(_("reason of the move"), max_length=500, blank=True)
    place_at = instant(_("moved at"))
    round = models.PositiveSmallIntegerField(_("number of the last vote"), default=0)
    tied = models.BooleanField(_("second discussion after an equal split"), default=False)
    secret_asked_by = models.ManyToManyField(
        "reviews.Seat", blank=True, related_name="+", verbose_name=_("secret ballot asked by")
    )
    outcome = models.CharField(_("outcome"), max_length=10, choices=VoteOutcome.choices, blank=True)
    discussed_at = instant(_("called at"))
    voted_at = instant(_("voted at"))
    reason = models.CharField(_("reason of the deferral or removal"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("agenda item")
        verbose_name_plural = _("agenda items")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=AgendaItemState.values), name="agenda_item_state"),
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
        if self.state != AgendaItemState.VOTED or not self.proposal:
            return ""
        if self.outcome == VoteOutcome.ADOPTED:
            return self.proposal
        return "" if self.proposal == Proposal.REJECTED else Proposal.REJECTED.value

    @property
    def disposition_label(self) -> str:
        return str(Proposal(self.disposition).label) if self.disposition else ""

    @property
    def disposition_tone(self) -> str:
        return DISPOSITION_TONES.get(self.disposition, "")

    # The graph. Bodies set their own fields only.

    @transition(state, source=AgendaItemState.LISTED, target=AgendaItemState.IN_DISCUSSION)
    def discuss(self, at):
        self.discussed_at = at

    @transition(state, source=AgendaItemState.IN_DISCUSSION, target=AgendaItemState.VOTED)
    def vote(self, outcome, at):
        self.outcome, self.voted_at, self.tied = outcome, at, False

    @transition(state, source=[AgendaItemState.LISTED, AgendaItemState.IN_DISCUSSION], target=AgendaItemState.DEFERRED)
    def defer(self, reason):
        self.reason, self.tied = reason, False

    @transition(state, source=[AgendaItemState.LISTED, AgendaItemState.IN_DISCUSSION], target=AgendaItemState.WITHDRAWN)
    def withdraw(self, reason):
        self.reason = reason

    @transition(state, source=AgendaItemState.DEFERRED, target=AgendaItemState.LISTED)
    def list_again(self, meeting, position):
        self.meeting, self.position, self.reason, self.outcome = meeting, position, "", ""

    @transition(state, source=AgendaItemState.VOTED, target=AgendaItemState.IN_DISCUSSION)
    def reopen(self):
        self.outcome, self.voted_at = "", None


class Departure(models.Model):
    """A recused member who left for one item, and when; `replaced_by` is the alternate who took the seat for it."""

    item = models.ForeignKey(AgendaItem, models.PROTECT, related_name="departures", verbose_name=_("item"))
    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="departures", verbose_name=_("meeting"))
    seat = models.ForeignKey("reviews.Seat", models.PROTECT, related_name="+", verbose_name=_("seat"))
    left_at = models.DateTimeField(_("left at"))
    returned_at = instant(_("returned at"))
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
    closed_at = instant(_("closed at"))

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

    @property
    def silent(self) -> int:
        """Seats present that did not vote, once the vote is closed."""
        return max(0, self.present - self.votes_for - self.against - self.abstained)
