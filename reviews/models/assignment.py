from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from core.models import Machine, StateField
from fund.enums import Role
from fund.queries import has_role
from reviews.enums.reading import ACTIVE_ASSIGNMENTS, BADGES, READER_LABELS, AssignmentState
from reviews.models.panel import Seat
from reviews.scoring import MAX_HALF_POINTS, points_text

A = AssignmentState


class AssignmentQuerySet(models.QuerySet):
    def active(self):
        """Pairs that stand: to read, started or filed."""
        return self.filter(state__in=ACTIVE_ASSIGNMENTS)

    def excluded(self):
        """Pairs not proposed again: declined by the reader, or taken back by a case officer."""
        return self.filter(Q(refused=True) | Q(taken_back=True))

    def visible_to(self, user):
        """A reader sees his own; case officers and auditors see that pairs exist and how far they are (scores are another question: queries.reviews)."""
        if not user or not user.is_authenticated or not user.is_active:
            return self.none()
        if has_role(user, Role.CASE_OFFICER) or has_role(user, Role.AUDITOR):
            return self.all()
        return self.filter(seat__user=user)


class Assignment(Machine):
    """One file given to one reader, and the review he writes. `affinity` is the one it was made with; `instead_of` the pair it replaces; `is_manual` says that
    a case officer gave it by hand (no result of the solver takes it away), `taken_back` that one took it back (no result gives it again)."""

    machine = "assignment"

    state = StateField(_("state"), choices=A.choices, default=A.ASSIGNED, db_index=True)
    application = models.ForeignKey(
        "applications.Application", models.PROTECT, related_name="assignments", verbose_name=_("application")
    )
    seat = models.ForeignKey(Seat, models.PROTECT, related_name="assignments", verbose_name=_("reader"))
    affinity = models.PositiveSmallIntegerField(_("affinity"), default=50)
    instead_of = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="replacements", verbose_name=_("reads in place of")
    )
    assigned_at = models.DateTimeField(_("assigned at"))
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    refused = models.BooleanField(_("declined by the reader"), default=False)
    is_manual = models.BooleanField(_("given by hand"), default=False)
    taken_back = models.BooleanField(_("taken back by a case officer"), default=False)
    comment = models.TextField(_("word to the applicant"), blank=True)
    note = models.TextField(_("note for the panel"), blank=True)
    proposed_amount = models.BigIntegerField(_("proposed amount"), null=True, blank=True)
    version = models.PositiveIntegerField(_("version of the draft"), default=0)
    saved_at = models.DateTimeField(_("saved at"), null=True, blank=True)
    reopened_at = models.DateTimeField(_("reopened at"), null=True, blank=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        ordering = ["id"]
        indexes = [models.Index(fields=["application", "state"], name="assignment_of_file")]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=A.values), name="assignment_state"),
            models.UniqueConstraint(
                fields=["application", "seat"], condition=Q(state__in=ACTIVE_ASSIGNMENTS), name="assignment_pair_once"
            ),
            models.CheckConstraint(
                condition=~Q(state="submitted") | Q(submitted_at__isnull=False), name="assignment_submitted_at"
            ),
            models.CheckConstraint(
                condition=~Q(state="in_progress") | Q(started_at__isnull=False), name="assignment_started_at"
            ),
            models.CheckConstraint(
                condition=Q(state__in=("recused", "withdrawn"), closed_at__isnull=False)
                | (~Q(state__in=("recused", "withdrawn")) & Q(closed_at__isnull=True)),
                name="assignment_closed_at",
            ),
            models.CheckConstraint(
                condition=Q(proposed_amount__isnull=True) | Q(proposed_amount__gt=0), name="assignment_proposed_amount"
            ),
        ]

    def __str__(self):
        return f"{self.application_id} / {self.seat_id}"

    @property
    def event_subject(self):
        return self.application.reference

    @property
    def badge_tone(self) -> str:
        return BADGES[self.state]

    @property
    def is_reopened(self) -> bool:
        return self.state == A.IN_PROGRESS and self.reopened_at is not None

    @property
    def reader_label(self):
        return READER_LABELS["reopened" if self.is_reopened else self.state]

    def two_key_facts(self) -> dict:
        return {"state": self.state, "submitted_at": self.submitted_at.isoformat() if self.submitted_at else None}

    # The graph.
    @transition(state, source=A.ASSIGNED, target=A.IN_PROGRESS)
    def start(self, at):
        self.started_at = at

    @transition(state, source=A.ASSIGNED, target=A.WITHDRAWN)
    def decline(self, at):
        self.closed_at, self.refused = at, True

    @transition(state, source=[A.ASSIGNED, A.IN_PROGRESS], target=A.WITHDRAWN)
    def withdraw(self, at):
        self.closed_at, self.taken_back = at, True

    @transition(state, source=[A.ASSIGNED, A.IN_PROGRESS, A.SUBMITTED], target=A.WITHDRAWN)
    def stop(self, at):
        """The file left the review (withdrawn by its applicant, call cancelled)."""
        self.closed_at = at

    @transition(state, source=A.WITHDRAWN, target=A.ASSIGNED)
    def restore(self):
        """A result that took it away is undone."""
        self.closed_at = None

    @transition(state, source=A.IN_PROGRESS, target=A.SUBMITTED)
    def submit(self, at):
        self.submitted_at = at

    @transition(state, source=A.SUBMITTED, target=A.IN_PROGRESS)
    def reopen(self, at):
        self.reopened_at = at

    @transition(state, source=[A.ASSIGNED, A.IN_PROGRESS, A.SUBMITTED], target=A.RECUSED)
    def recuse(self, at):
        self.closed_at = at


class Score(models.Model):
    """One criterion of one review, in half points 0…10 (0 to 5 by halves), or "cannot judge", which is not a zero."""

    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="scores", verbose_name=_("assignment"))
    criterion = models.ForeignKey("fund.Criterion", models.PROTECT, related_name="scores", verbose_name=_("criterion"))
    half_points = models.PositiveSmallIntegerField(_("half points"), null=True, blank=True)
    cannot_judge = models.BooleanField(_("cannot judge"), default=False)
    justification = models.TextField(_("explanation"), blank=True)

    class Meta:
        verbose_name = _("score")
        verbose_name_plural = _("scores")
        ordering = ["criterion__position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["assignment", "criterion"], name="score_once"),
            models.CheckConstraint(
                condition=Q(half_points__isnull=True) | Q(half_points__lte=MAX_HALF_POINTS), name="score_range"
            ),
            models.CheckConstraint(
                condition=Q(cannot_judge=False) | Q(half_points__isnull=True), name="score_cannot_judge_gives_none"
            ),
        ]

    def __str__(self):
        return f"{self.criterion_id} {self.half_points}"

    @property
    def points(self) -> str:
        """`4` or `4.5`; empty without a score."""
        return points_text(self.half_points)


class ReviewVersion(models.Model):
    """A review as it was filed, kept for ever: one row each time it is filed. `reason` says why it was reopened afterwards."""

    assignment = models.ForeignKey(Assignment, models.PROTECT, related_name="versions", verbose_name=_("assignment"))
    number = models.PositiveSmallIntegerField(_("number"))
    content = models.JSONField(_("content"))
    submitted_at = models.DateTimeField(_("submitted at"))
    reopened_at = models.DateTimeField(_("reopened at"), null=True, blank=True)
    reopened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("reopened by")
    )
    reason = models.TextField(_("why it was reopened"), blank=True)

    class Meta:
        verbose_name = _("filed review")
        verbose_name_plural = _("filed reviews")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["assignment", "number"], name="review_version_number")]

    def __str__(self):
        return f"{self.assignment_id} / {self.number}"
