from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_fsm import transition

from core.models import Machine, StateField
from fund.enums import PUBLIC_CALL_STATES, CallPhase, CallState, Role, Trigger
from fund.models.organisations import Theme
from fund.models.roles import RoleGrant
from fund.models.rules import RuleVersion

AFTER_CLOSING = (CallState.CLOSED, CallState.UNDER_REVIEW, CallState.DECIDED, CallState.ARCHIVED)
WAS_PUBLISHED = (CallState.PUBLISHED, *AFTER_CLOSING)


class CallQuerySet(models.QuerySet):
    def public(self):
        """What anyone sees: every call that was published, cancelled ones included."""
        return self.filter(published_at__isnull=False)

    def visible_to(self, user):
        """What was published for everyone; drafts too for case officers, co-presidents and auditors."""
        desk = (Role.CASE_OFFICER, Role.CO_PRESIDENT, Role.AUDITOR)
        if (
            getattr(user, "pk", None)
            and user.is_active
            and RoleGrant.objects.in_effect(timezone.now()).filter(user=user, role__in=desk).exists()
        ):
            return self.all()
        return self.public()

    def open_at(self, at):
        return self.filter(state=CallState.PUBLISHED, opens_at__lte=at, closes_at__gt=at)

    def upcoming_at(self, at):
        return self.filter(state=CallState.PUBLISHED, opens_at__gt=at)

    def past_at(self, at):
        return self.public().exclude(Q(state=CallState.PUBLISHED, closes_at__gt=at))


class Call(Machine):
    """A call for projects. Open at t when published and `opens_at <= t < closes_at`, whatever the worker did.

    Amounts in cents, weights and shares in percent.
    """

    machine = "call"
    PLAIN = (
        "slug",
        "title",
        "summary",
        "description",
        "contact_email",
        "ceiling_amount",
        "floor_amount",
        "max_duration_months",
        "blind",
    )
    INSTANTS = ("opens_at", "closes_at", "partner_deadline_at", "review_closes_at")
    DAYS = (
        "eligibility_by_on",
        "review_opens_on",
        "meeting_on",
        "notified_by_on",
        "agreements_by_on",
        "projects_end_by_on",
        "reports_by_on",
    )
    CHILDREN = ("criteria", "instalment_lines", "eligibility_questions", "faq")
    """Lists of rows; what is written in a row is the `FIELDS` of its model, its place the order of the list."""

    state = StateField(_("state"), choices=CallState.choices, default=CallState.DRAFT)
    number = models.PositiveIntegerField(_("number"), unique=True)
    slug = models.SlugField(
        _("address"),
        max_length=80,
        unique=True,
        help_text=_("The end of the page's address, in lower case, without accents."),
    )
    title = models.CharField(_("title"), max_length=120)
    summary = models.TextField(_("summary"), max_length=400, blank=True)
    description = models.TextField(_("description"), blank=True)
    contact_email = models.EmailField(_("contact"), blank=True)
    envelope = models.ForeignKey(
        "fund.Envelope", models.PROTECT, null=True, blank=True, related_name="calls", verbose_name=_("envelope")
    )
    ceiling_amount = models.BigIntegerField(_("ceiling of a grant"), default=3_000_000)
    floor_amount = models.BigIntegerField(_("floor of a grant"), default=0)
    themes = models.ManyToManyField(Theme, blank=True, related_name="calls", verbose_name=_("themes"))
    opens_at = models.DateTimeField(_("opens at"), null=True, blank=True)
    closes_at = models.DateTimeField(_("closes at"), null=True, blank=True)
    partner_deadline_at = models.DateTimeField(_("partners confirm before"), null=True, blank=True)
    eligibility_by_on = models.DateField(_("eligibility checked by"), null=True, blank=True)
    review_opens_on = models.DateField(_("reading opens on"), null=True, blank=True)
    review_closes_at = models.DateTimeField(_("reading closes at"), null=True, blank=True)
    meeting_on = models.DateField(_("panel meets on"), null=True, blank=True)
    notified_by_on = models.DateField(_("decisions notified by"), null=True, blank=True)
    agreements_by_on = models.DateField(_("agreements signed by"), null=True, blank=True)
    projects_end_by_on = models.DateField(_("projects end by"), null=True, blank=True)
    reports_by_on = models.DateField(_("reports filed by"), null=True, blank=True)
    max_duration_months = models.PositiveSmallIntegerField(_("longest project, in months"), default=18)
    rule_version = models.ForeignKey(
        RuleVersion, models.PROTECT, null=True, blank=True, related_name="calls", verbose_name=_("rule version")
    )
    authority = models.CharField(_("authority, frozen at publication"), max_length=30, blank=True)
    blind = models.BooleanField(_("blind reading"), default=False)
    version = models.PositiveIntegerField(_("version of the text"), default=1)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("written by")
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    archived_at = models.DateTimeField(_("archived at"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)
    cancelled_reason = models.TextField(_("reason of the cancellation"), blank=True)

    objects = CallQuerySet.as_manager()

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        ordering = ["-number"]
        indexes = [models.Index(fields=["state", "closes_at"], name="call_state_closing")]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=CallState.values), name="call_state"),
            models.CheckConstraint(condition=Q(ceiling_amount__gt=0), name="call_ceiling_positive"),
            models.CheckConstraint(
                condition=Q(floor_amount__gte=0, floor_amount__lte=F("ceiling_amount")), name="call_floor_under_ceiling"
            ),
            models.CheckConstraint(
                condition=Q(opens_at__isnull=True) | Q(closes_at__isnull=True) | Q(opens_at__lt=F("closes_at")),
                name="call_opens_before_closing",
            ),
            models.CheckConstraint(
                condition=Q(partner_deadline_at__isnull=True)
                | Q(closes_at__isnull=True)
                | Q(partner_deadline_at__gte=F("closes_at")),
                name="call_partner_deadline_after_closing",
            ),
            models.CheckConstraint(
                condition=Q(max_duration_months__gte=1, max_duration_months__lte=60), name="call_duration"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=WAS_PUBLISHED)
                | Q(
                    published_at__isnull=False,
                    opens_at__isnull=False,
                    closes_at__isnull=False,
                    partner_deadline_at__isnull=False,
                    envelope__isnull=False,
                    rule_version__isnull=False,
                )
                & ~Q(authority=""),
                name="call_published_is_complete",
            ),
            models.CheckConstraint(
                condition=~Q(state="draft") | Q(published_at__isnull=True), name="call_draft_never_published"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=AFTER_CLOSING) | Q(closed_at__isnull=False), name="call_closed_at"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["draft", "published"]) | Q(closed_at__isnull=True), name="call_open_not_closed"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["decided", "archived"]) | Q(decided_at__isnull=False), name="call_decided_at"
            ),
            models.CheckConstraint(
                condition=~Q(state="archived") | Q(archived_at__isnull=False), name="call_archived_at"
            ),
            models.CheckConstraint(
                condition=~Q(state="cancelled") | Q(cancelled_at__isnull=False), name="call_cancelled_at"
            ),
            models.CheckConstraint(
                condition=~Q(state="cancelled") | Q(published_at__isnull=True) | ~Q(cancelled_reason=""),
                name="call_cancelled_after_publication_has_reason",
            ),
        ]

    def __str__(self):
        return self.title

    @property
    def event_subject(self):
        return f"AP-{self.number}"

    @property
    def is_public(self) -> bool:
        return self.published_at is not None

    def is_open(self, at: datetime) -> bool:
        """Open at t: published, and `opens_at <= t < closes_at`. The receipt of the request is the instant to give."""
        return self.state == CallState.PUBLISHED and self._stands(at) == CallPhase.OPEN

    def phase(self, at: datetime) -> CallPhase:
        """What the public is told: the state, read with the clock."""
        return self._stands(at) if self.state == CallState.PUBLISHED else CallPhase(self.state)

    def _stands(self, at: datetime) -> CallPhase:
        """Where the clock stands between the two dates that a published call has."""
        if self.opens_at is None or at < self.opens_at:
            return CallPhase.UPCOMING
        return CallPhase.OPEN if self.closes_at is not None and at < self.closes_at else CallPhase.CLOSED

    def two_key_facts(self) -> dict:
        return {"state": self.state, "version": self.version, "content": self.content()}

    def content(self) -> dict:
        """Everything written in the call, as plain values: what forms edit, copies take and the second key approves."""
        instants = {
            name: value.isoformat() if (value := getattr(self, name)) else None for name in self.INSTANTS + self.DAYS
        }
        return {
            **{name: getattr(self, name) for name in self.PLAIN},
            **instants,
            "envelope": self.envelope_id,
            "rule_version": self.rule_version_id,
            "themes": sorted(theme.code for theme in self.themes.all()),
            **{
                name: [{field: getattr(row, field) for field in row.FIELDS} for row in getattr(self, name).all()]
                for name in self.CHILDREN
            },
        }

    # The graph.
    @transition(state, source=CallState.DRAFT, target=CallState.DRAFT)
    def edit(self):
        self.version += 1

    @transition(state, source=CallState.DRAFT, target=CallState.PUBLISHED)
    def publish(self, authority, at):
        self.authority, self.published_at = authority, at

    @transition(state, source=CallState.DRAFT, target=CallState.CANCELLED)
    def discard(self, at):
        self.cancelled_at = at

    @transition(state, source=CallState.PUBLISHED, target=CallState.PUBLISHED)
    def amend(self, changes: dict):
        for name, value in changes.items():
            setattr(self, name, value)
        self.version += 1

    @transition(state, source=CallState.PUBLISHED, target=CallState.CLOSED)
    def close(self, at):
        self.closed_at = at

    @transition(state, source=CallState.CLOSED, target=CallState.PUBLISHED)
    def reopen(self, closes_at, partner_deadline_at):
        self.closes_at, self.partner_deadline_at, self.closed_at = closes_at, partner_deadline_at, None
        self.version += 1

    @transition(state, source=CallState.CLOSED, target=CallState.UNDER_REVIEW)
    def start_review(self):
        pass

    @transition(state, source=CallState.CLOSED, target=CallState.DECIDED)
    def conclude_empty(self, at):
        self.decided_at = at

    @transition(state, source=CallState.UNDER_REVIEW, target=CallState.DECIDED)
    def conclude(self, at):
        self.decided_at = at

    @transition(state, source=CallState.DECIDED, target=CallState.ARCHIVED)
    def archive(self, at):
        self.archived_at = at

    @transition(
        state, source=[CallState.PUBLISHED, CallState.CLOSED, CallState.UNDER_REVIEW], target=CallState.CANCELLED
    )
    def cancel(self, reason, at):
        self.cancelled_reason, self.cancelled_at = reason, at


class Criterion(models.Model):
    """One criterion of a call's grid: weight in percent, six anchors `[{"score": 0…5, "label": …}]`."""

    FIELDS = ("code", "label", "question", "weight", "anchors")

    call = models.ForeignKey(Call, models.CASCADE, related_name="criteria", verbose_name=_("call"))
    position = models.PositiveSmallIntegerField(_("position"))
    code = models.SlugField(_("code"), max_length=40)
    label = models.CharField(_("criterion"), max_length=80)
    question = models.CharField(_("question asked to the reader"), max_length=300)
    weight = models.PositiveSmallIntegerField(_("weight, in percent"))
    anchors = models.JSONField(_("anchors"), default=list, blank=True)

    class Meta:
        verbose_name = _("criterion")
        verbose_name_plural = _("criteria")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["call", "code"], name="criterion_code_once"),
            models.CheckConstraint(condition=Q(weight__gte=1, weight__lte=100), name="criterion_weight"),
        ]

    def __str__(self):
        return self.label


class InstalmentLine(models.Model):
    """One line of a call's instalment plan: the share paid when its trigger happens; the remainder of cents goes to the last."""

    FIELDS = ("code", "label", "percent", "trigger")

    call = models.ForeignKey(Call, models.CASCADE, related_name="instalment_lines", verbose_name=_("call"))
    number = models.PositiveSmallIntegerField(_("number"))
    code = models.SlugField(_("code"), max_length=40)
    label = models.CharField(_("label"), max_length=120)
    percent = models.PositiveSmallIntegerField(_("share, in percent"))
    trigger = models.CharField(pgettext_lazy("trigger", "paid on"), max_length=40, choices=Trigger.choices)

    class Meta:
        verbose_name = _("instalment line")
        verbose_name_plural = _("instalment lines")
        ordering = ["number", "id"]
        constraints = [
            models.UniqueConstraint(fields=["call", "code"], name="instalment_line_code_once"),
            models.UniqueConstraint(fields=["call", "number"], name="instalment_line_number_once"),
            models.CheckConstraint(condition=Q(percent__gte=1, percent__lte=100), name="instalment_line_percent"),
            models.CheckConstraint(condition=Q(trigger__in=Trigger.values), name="instalment_line_trigger"),
        ]

    def __str__(self):
        return self.label


class EligibilityQuestion(models.Model):
    """A yes-or-no question asked before writing; the other answer shows the refusal and its article."""

    FIELDS = ("code", "question", "expected", "refusal", "article")

    call = models.ForeignKey(Call, models.CASCADE, related_name="eligibility_questions", verbose_name=_("call"))
    position = models.PositiveSmallIntegerField(_("position"))
    code = models.SlugField(_("code"), max_length=40)
    question = models.CharField(_("question"), max_length=300)
    expected = models.BooleanField(_("expected answer"), default=True)
    refusal = models.CharField(_("what is said when the answer is the other one"), max_length=300)
    article = models.CharField(_("article"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("eligibility question")
        verbose_name_plural = _("eligibility questions")
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["call", "code"], name="eligibility_question_code_once")]

    def __str__(self):
        return self.question


class FaqEntry(models.Model):
    FIELDS = ("question", "answer")

    call = models.ForeignKey(Call, models.CASCADE, related_name="faq", verbose_name=_("call"))
    position = models.PositiveSmallIntegerField(_("position"))
    question = models.CharField(_("question"), max_length=200)
    answer = models.TextField(_("answer"))

    class Meta:
        verbose_name = _("question and answer")
        verbose_name_plural = _("questions and answers")
        ordering = ["position", "id"]

    def __str__(self):
        return self.question


__all__ = ["PUBLIC_CALL_STATES", "Call", "Criterion", "EligibilityQuestion", "FaqEntry", "InstalmentLine"]
