from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from applications.enums import (
    APPLICANT_LABELS,
    BADGES,
    CLOSED,
    FILED,
    PARTNER_SENTENCES,
    SENTENCES,
    STAFF_LABELS,
    STANDING,
    ApplicationState,
    SectionCode,
)
from core.models import Document, Machine, StateField
from fund.enums import ApplicantKind, Role
from fund.queries import has_role

S = ApplicationState


def _mine(user) -> Q:
    joined = apps.get_model("applications", "TeamMember").objects.filter(user=user, joined_at__isnull=False)
    return Q(lead=user) | Q(pk__in=joined.values("application"))


class ApplicationQuerySet(models.QuerySet):
    def of_team(self, user):
        """Files this person leads or has joined."""
        if not user or not user.is_authenticated:
            return self.none()
        return self.filter(_mine(user))

    def filed(self):
        return self.filter(filed_version__isnull=False)

    def visible_to(self, user):
        """The team sees its file; case officers and auditors see what was filed. The panel's sight is added by reviews, laureates' by payments."""
        if not user or not user.is_authenticated or not user.is_active:
            return self.none()
        mine = _mine(user)
        if has_role(user, Role.CASE_OFFICER) or has_role(user, Role.AUDITOR):
            return self.filter(mine | Q(filed_version__isnull=False))
        return self.filter(mine)


class Application(Machine):
    """One demand for a grant. Columns hold what was last filed (while a draft: what is being written); amounts are in cents."""

    machine = "application"

    reference = models.CharField(_("reference"), max_length=20, unique=True)
    call = models.ForeignKey("fund.Call", models.PROTECT, related_name="applications", verbose_name=_("call"))
    state = StateField(_("state"), choices=S.choices, default=S.DRAFT, db_index=True)
    applicant_kind = models.CharField(_("kind of applicant"), max_length=20, choices=ApplicantKind.choices)
    lead = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="led_applications",
        verbose_name=_("applicant or referent"),
    )
    organisation = models.ForeignKey(
        "fund.Organisation",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="applications",
        verbose_name=_("laureate"),
    )
    bearer_organisation = models.ForeignKey(
        "fund.Organisation",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="borne_applications",
        verbose_name=_("bearer, an organisation"),
    )
    bearer_person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="borne_applications",
        verbose_name=_("bearer, a person"),
    )
    applicant_name = models.CharField(_("name of the applicant"), max_length=200, blank=True)
    applicant_key = models.CharField(_("who files"), max_length=60, db_index=True)
    title = models.CharField(_("title"), max_length=200, blank=True)
    summary = models.TextField(_("summary"), blank=True)
    requested_amount = models.BigIntegerField(_("requested amount"), default=0)
    minimum_viable_amount = models.BigIntegerField(_("minimum amount"), null=True, blank=True)
    insee_code = models.CharField(_("INSEE code"), max_length=5, blank=True)
    commune = models.CharField(_("commune"), max_length=100, blank=True)
    department = models.CharField(_("department"), max_length=3, blank=True)
    region = models.CharField(_("region"), max_length=3, blank=True)
    themes = models.JSONField(_("themes"), default=list, blank=True)
    duration_months = models.PositiveSmallIntegerField(_("duration in months"), null=True, blank=True)
    economic_activity = models.BooleanField(_("economic activity"), default=False)
    created_at = models.DateTimeField(_("created at"))
    first_received_at = models.DateTimeField(_("first received at"), null=True, blank=True)
    received_at = models.DateTimeField(_("received at"), null=True, blank=True)
    eligible_at = models.DateTimeField(_("declared eligible at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    incomplete = models.BooleanField(_("incomplete"), default=False)
    to_reexamine = models.BooleanField(_("to examine again"), default=False)
    late_reason = models.CharField(_("reason of a late filing"), max_length=300, blank=True)
    filed_version = models.ForeignKey(
        "ApplicationVersion", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("filed version")
    )
    cloned_from = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="clones", verbose_name=_("copied from")
    )

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        ordering = ["id"]
        indexes = [models.Index(fields=["call", "state"], name="application_call_state")]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=S.values), name="application_state"),
            models.CheckConstraint(
                condition=~Q(state__in=FILED)
                | Q(first_received_at__isnull=False, received_at__isnull=False, filed_version__isnull=False),
                name="application_filed_has_receipt",
            ),
            models.CheckConstraint(
                condition=~Q(state="draft") | Q(first_received_at__isnull=True), name="application_draft_never_filed"
            ),
            models.CheckConstraint(
                condition=Q(state__in=CLOSED, closed_at__isnull=False)
                | (~Q(state__in=CLOSED) & Q(closed_at__isnull=True)),
                name="application_closed_at",
            ),
            models.CheckConstraint(condition=Q(requested_amount__gte=0), name="application_amount"),
            models.CheckConstraint(
                condition=Q(minimum_viable_amount__isnull=True) | Q(minimum_viable_amount__gte=0),
                name="application_minimum",
            ),
            models.UniqueConstraint(
                fields=["call", "applicant_key"],
                condition=Q(state__in=STANDING),
                name="application_one_filed_per_applicant",
            ),
        ]

    def __str__(self):
        return f"{self.reference} {self.title}".strip()

    @property
    def display_title(self) -> str:
        return self.title or str(_("Untitled project"))

    @property
    def laureate_name(self) -> str:
        """The name under which the project is published: the association, the collective, or the citizen."""
        return self.applicant_name or (self.organisation.name if self.organisation else str(self.lead))

    @property
    def bearer_name(self) -> str:
        """Who receives the money and signs the agreement."""
        if self.bearer_organisation:
            return self.bearer_organisation.name
        if self.bearer_person_id:
            return str(self.bearer_person)
        return self.laureate_name

    @property
    def is_filed(self) -> bool:
        return self.filed_version_id is not None

    @property
    def content(self) -> dict:
        """Filed content by section (frozen); while never filed, the draft as it stands."""
        if self.filed_version:
            return self.filed_version.content
        return self.draft_content

    @property
    def draft_content(self) -> dict:
        written = {section.code: section.content for section in self.sections.all()}
        return {code: written.get(code, {}) for code in SectionCode.values}

    def _label_key(self) -> str:
        return "lapsed_award" if self.state == S.LAPSED and self.first_received_at else self.state

    @property
    def applicant_label(self):
        return APPLICANT_LABELS[self._label_key()]

    @property
    def staff_label(self):
        return STAFF_LABELS.get(self._label_key(), self.get_state_display())

    @property
    def sentence(self):
        """The state in one sentence, for the applicant."""
        return SENTENCES[self._label_key()]

    @property
    def partner_sentence(self):
        """For the administration that follows: no more than the applicant reads, and no reason."""
        return PARTNER_SENTENCES[self._label_key()]

    @property
    def badge_tone(self) -> str:
        return BADGES.get(self.state, "")

    # The graph. Bodies set their own fields only.

    def _file(self, version, at):
        self.filed_version, self.received_at = version, at
        self.first_received_at = self.first_received_at or at

    @transition(state, source=S.DRAFT, target=S.SUBMITTED)
    def submit(self, version, at):
        self._file(version, at)

    @transition(state, source=S.SUBMITTED, target=S.SUBMITTED)
    def refile(self, version, at):
        self._file(version, at)

    @transition(state, source=S.DRAFT, target=S.LAPSED)
    def lapse(self, at):
        self.closed_at = at

    @transition(state, source=S.LAPSED, target=S.DRAFT)
    def revive(self):
        self.closed_at = None

    @transition(
        state, source=[S.DRAFT, S.SUBMITTED, S.INFORMATION_REQUESTED, S.ELIGIBLE, S.ON_RESERVE], target=S.WITHDRAWN
    )
    def withdraw(self, at):
        self.closed_at = at

    @transition(state, source=S.SUBMITTED, target=S.INFORMATION_REQUESTED)
    def request_information(self):
        self.incomplete = False

    @transition(state, source=S.INFORMATION_REQUESTED, target=S.SUBMITTED)
    def answer(self, version, at):
        self.filed_version, self.received_at, self.incomplete = version, at, False

    @transition(state, source=S.INFORMATION_REQUESTED, target=S.INFORMATION_REQUESTED)
    def extend(self):
        """The deadline is the request's."""

    @transition(state, source=S.INFORMATION_REQUESTED, target=S.SUBMITTED)
    def drop_request(self):
        """Nothing else changes."""

    @transition(state, source=S.INFORMATION_REQUESTED, target=S.SUBMITTED)
    def expire_request(self):
        self.incomplete = True

    @transition(state, source=S.SUBMITTED, target=S.ELIGIBLE)
    def declare_eligible(self, at):
        self.eligible_at, self.to_reexamine = at, False

    @transition(state, source=S.SUBMITTED, target=S.INELIGIBLE)
    def declare_ineligible(self):
        self.to_reexamine = False

    @transition(state, source=S.ELIGIBLE, target=S.SUBMITTED)
    def reexamine(self):
        self.eligible_at, self.to_reexamine = None, False

    @transition(state, source=S.INELIGIBLE, target=S.ELIGIBLE)
    def reinstate(self, at):
        self.eligible_at = at

    @transition(state, source=S.ELIGIBLE, target=S.UNDER_REVIEW)
    def start_review(self):
        """Nothing else changes."""

    @transition(state, source=[S.SUBMITTED, S.INFORMATION_REQUESTED, S.ELIGIBLE, S.UNDER_REVIEW], target=S.DISMISSED)
    def dismiss(self, at):
        self.closed_at = at

    @transition(state, source=[S.UNDER_REVIEW, S.ON_RESERVE, S.REJECTED], target=S.SELECTED)
    def select(self):
        """The award is the decision's."""

    @transition(state, source=[S.UNDER_REVIEW, S.REJECTED], target=S.ON_RESERVE)
    def put_on_reserve(self):
        """The rank is the decision's."""

    @transition(state, source=[S.UNDER_REVIEW, S.ON_RESERVE, S.SELECTED], target=S.REJECTED)
    def reject(self):
        """The grounds are the decision's."""

    @transition(state, source=S.UNDER_REVIEW, target=S.WITHDRAWN)
    def withdraw_from_review(self, at):
        self.closed_at = at

    @transition(state, source=S.SELECTED, target=S.RENOUNCED)
    def renounce(self, at):
        self.closed_at = at

    @transition(state, source=S.SELECTED, target=S.LAPSED)
    def lapse_award(self, at):
        self.closed_at = at


class ApplicationVersion(models.Model):
    """What was filed, frozen: the content by section, its hash, the instant the service received it. Never edited, never deleted."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="versions", verbose_name=_("application"))
    number = models.PositiveSmallIntegerField(_("number"))
    content = models.JSONField(_("content"))
    content_hash = models.CharField(_("hash of the content"), max_length=64)
    filed_at = models.DateTimeField(_("filed at"))
    received_at = models.DateTimeField(_("received at"))
    filed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("filed by"))
    receipt = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("receipt")
    )

    class Meta:
        verbose_name = _("filed version")
        verbose_name_plural = _("filed versions")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["application", "number"], name="version_number")]

    def __str__(self):
        return f"{self.application_id} / {self.number}"
