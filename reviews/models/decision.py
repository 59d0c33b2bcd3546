from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from core.append_only import frozen
from core.models import Document, Machine, StateField
from fund.enums import Authority, Role
from fund.models import RuleVersion
from fund.queries import has_role
from reviews.enums.reading import (
    APPEAL_LABELS,
    AWARD_KINDS,
    BADGES,
    LIVE_DECISIONS,
    NOT_NOTIFIED,
    AppealState,
    DecisionKind,
    DecisionOutcome,
    DecisionState,
)

S = DecisionState
SEES_DECISIONS = (Role.CASE_OFFICER, Role.CO_PRESIDENT, Role.AUTHORISING_OFFICER, Role.AUDITOR)


def person(verbose_name, **options):
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=verbose_name,
        **options,
    )


def instant(verbose_name):
    return models.DateTimeField(verbose_name, null=True, blank=True)


def _without_recusal(user, field: str = "application"):
    """Files of which this person is not recused, as a condition to exclude."""
    recused = apps.get_model("reviews", "Declaration").objects.filter(user=user, state="recused")
    return Q(**{f"{field}__in": recused.values("application")})


class DecisionQuerySet(models.QuerySet):
    def live(self):
        """In force, or on its way: at most one per application and kind."""
        return self.filter(state__in=LIVE_DECISIONS)

    def pending(self):
        return self.filter(state__in=NOT_NOTIFIED)

    def public(self):
        """Those that made a project public and still stand."""
        return self.filter(state=S.NOTIFIED, kind__in=AWARD_KINDS, outcome=DecisionOutcome.SELECTED)

    def visible_to(self, user):
        """The team sees what was notified to it; those who decide or check see all, but not of a file they are recused from."""
        if not user or not user.is_authenticated or not user.is_active:
            return self.none()
        team = apps.get_model("applications", "Application").objects.of_team(user).values("pk")
        mine = Q(application__in=team, state__in=(S.NOTIFIED, S.REPLACED))
        if any(has_role(user, role) for role in SEES_DECISIONS):
            return self.filter(mine | ~_without_recusal(user))
        return self.filter(mine)


@frozen(
    "reference",
    "application",
    "kind",
    "outcome",
    "amount",
    "rank",
    "reserve_rank",
    "grounds",
    "article",
    "remedy",
    "details",
    "published_score",
    "rule_version",
    "authority",
    "cites",
    "agenda_item",
    "decided_at",
)
class Decision(Machine):
    """One decision on one file. Its content never changes: before notification it is annulled, afterwards another one cites and replaces it. Cents."""

    machine = "decision"

    state = StateField(_("state"), choices=S.choices, default=S.VOTED, db_index=True)
    reference = models.CharField(_("reference"), max_length=20, unique=True)
    application = models.ForeignKey(
        "applications.Application", models.PROTECT, related_name="decisions", verbose_name=_("application")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=DecisionKind.choices)
    outcome = models.CharField(_("outcome"), max_length=20, choices=DecisionOutcome.choices)
    amount = models.BigIntegerField(_("amount"), null=True, blank=True)
    rank = models.PositiveIntegerField(_("rank"), null=True, blank=True)
    reserve_rank = models.PositiveIntegerField(_("rank on the reserve list"), null=True, blank=True)
    grounds = models.TextField(_("grounds"))
    article = models.CharField(_("article applied"), max_length=120, blank=True)
    remedy = models.TextField(_("what would make it possible"), blank=True)
    details = models.JSONField(_("facts of the decision"), default=dict, blank=True)
    published_score = models.CharField(_("published score"), max_length=5, blank=True)
    rule_version = models.ForeignKey(
        RuleVersion, models.PROTECT, related_name="decisions", verbose_name=_("rule version")
    )
    authority = models.CharField(_("authority"), max_length=30, choices=Authority.choices)
    cites = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="cited_by",
        verbose_name=_("decision it follows or replaces"),
    )
    agenda_item = models.ForeignKey(
        "reviews.AgendaItem",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="decisions",
        verbose_name=_("agenda item"),
    )
    document = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("letter")
    )
    drafted_by = person(_("drafted by"))
    decided_at = models.DateTimeField(_("decided at"))
    signed_at = instant(_("signed at"))
    notified_at = instant(_("notified at"))
    notified_by = person(_("notified by"))
    annulled_at = instant(_("annulled at"))
    replaced_at = instant(_("replaced at"))

    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["id"]
        indexes = [models.Index(fields=["application", "kind", "state"], name="decision_of_file")]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=S.values), name="decision_state"),
            models.CheckConstraint(condition=Q(kind__in=DecisionKind.values), name="decision_kind"),
            models.CheckConstraint(condition=Q(outcome__in=DecisionOutcome.values), name="decision_outcome"),
            models.UniqueConstraint(  # a decision on appeal may be contested: the next one is written beside it, then replaces it
                fields=["application", "kind"],
                condition=Q(state__in=LIVE_DECISIONS) & ~Q(kind="appeal", state="notified"),
                name="decision_one_live_per_kind",
            ),
            models.CheckConstraint(
                condition=Q(outcome="selected", amount__gt=0) | (~Q(outcome="selected") & Q(amount__isnull=True)),
                name="decision_amount",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="selected") | Q(kind__in=AWARD_KINDS), name="decision_money_kinds"
            ),
            models.CheckConstraint(condition=~Q(grounds=""), name="decision_has_grounds"),
            models.CheckConstraint(condition=~Q(state="voted") | Q(kind="award"), name="decision_voted_is_award"),
            models.CheckConstraint(
                condition=Q(kind__in=("eligibility", "award")) | Q(cites__isnull=False), name="decision_cites"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("signed", "notified", "replaced"))
                | Q(signed_at__isnull=False, document__isnull=False),
                name="decision_signed_at",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("notified", "replaced"), notified_at__isnull=False)
                | (~Q(state__in=("notified", "replaced")) & Q(notified_at__isnull=True)),
                name="decision_notified_at",
            ),
            models.CheckConstraint(
                condition=~Q(state="annulled") | Q(annulled_at__isnull=False), name="decision_annulled_at"
            ),
        ]

    def __str__(self):
        return self.reference

    @property
    def event_subject(self):
        return self.application.reference

    @property
    def badge_tone(self) -> str:
        return BADGES[self.state]

    @property
    def outcome_tone(self) -> str:
        return BADGES[self.outcome]

    @property
    def is_selected(self) -> bool:
        return self.outcome == DecisionOutcome.SELECTED

    @property
    def is_known(self) -> bool:
        """Known to the applicant."""
        return self.state in (S.NOTIFIED, S.REPLACED)

    def two_key_facts(self) -> dict:
        return {"state": self.state, "outcome": self.outcome, "amount": self.amount}

    # The graph. A first signature of two leaves the state as it is.
    @transition(state, source=S.VOTED, target=S.VOTED)
    def begin_signing(self):
        """The signature is the document's."""

    @transition(state, source=S.DRAFTED, target=S.DRAFTED)
    def begin_signing_draft(self):
        """The signature is the document's."""

    @transition(state, source=[S.VOTED, S.DRAFTED], target=S.SIGNED)
    def sign(self, at):
        self.signed_at = at

    @transition(state, source=[S.VOTED, S.DRAFTED, S.SIGNED], target=S.ANNULLED)
    def annul(self, at):
        self.annulled_at = at

    @transition(state, source=[S.VOTED, S.DRAFTED, S.SIGNED], target=S.ANNULLED)
    def annul_withdrawn(self, at):
        self.annulled_at = at

    @transition(state, source=S.SIGNED, target=S.NOTIFIED)
    def notify(self, by, at):
        self.notified_by, self.notified_at = by, at

    @transition(state, source=S.NOTIFIED, target=S.REPLACED)
    def replace(self, at):
        self.replaced_at = at


class AppealQuerySet(models.QuerySet):
    def visible_to(self, user):
        if not user or not user.is_authenticated or not user.is_active:
            return self.none()
        team = apps.get_model("applications", "Application").objects.of_team(user).values("pk")
        if any(has_role(user, role) for role in SEES_DECISIONS):
            return self.filter(Q(decision__application__in=team) | ~_without_recusal(user, "decision__application"))
        return self.filter(decision__application__in=team)


class Appeal(Machine):
    """A request to the fund to look again at a notified decision. Late ones are read too; silence counts as a rejection at a computed date."""

    machine = "appeal"

    state = StateField(_("state"), choices=AppealState.choices, default=AppealState.FILED)
    decision = models.ForeignKey(Decision, models.PROTECT, related_name="appeals", verbose_name=_("decision"))
    filed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("filed by"))
    filed_at = models.DateTimeField(_("filed at"))
    text = models.TextField(_("what is contested, and why"))
    receipt = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("receipt")
    )
    answer = models.TextField(_("answer"), blank=True)
    answered_at = instant(_("answered at"))
    answered_by = person(_("answered by"))
    letter = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("letter of the answer")
    )
    new_decision = models.ForeignKey(
        Decision, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("new decision")
    )
    withdrawn_at = instant(_("withdrawn at"))

    objects = AppealQuerySet.as_manager()

    class Meta:
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=AppealState.values), name="appeal_state"),
            models.UniqueConstraint(
                fields=["decision"], condition=Q(state="filed"), name="appeal_one_open_per_decision"
            ),
            models.CheckConstraint(
                condition=Q(state__in=("granted", "rejected"), answered_at__isnull=False) & ~Q(answer="")
                | (~Q(state__in=("granted", "rejected")) & Q(answered_at__isnull=True)),
                name="appeal_answered",
            ),
            models.CheckConstraint(
                condition=~Q(state="withdrawn") | Q(withdrawn_at__isnull=False), name="appeal_withdrawn_at"
            ),
        ]

    def __str__(self):
        return f"{self.decision} / {self.filed_at:%Y-%m-%d}"

    @property
    def event_subject(self):
        return self.decision.application.reference

    @property
    def badge_tone(self) -> str:
        return BADGES[self.state]

    @transition(state, source=AppealState.FILED, target=AppealState.GRANTED)
    def grant(self, by, at, answer):
        self.answered_by, self.answered_at, self.answer = by, at, answer

    @transition(state, source=AppealState.FILED, target=AppealState.REJECTED)
    def reject(self, by, at, answer):
        self.answered_by, self.answered_at, self.answer = by, at, answer

    @transition(state, source=AppealState.FILED, target=AppealState.WITHDRAWN)
    def withdraw(self, at):
        self.withdrawn_at = at


__all__ = ["APPEAL_LABELS", "Appeal", "Decision"]
