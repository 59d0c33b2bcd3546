from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from core.models import Machine, StateField
from fund.enums import Role
from fund.queries import has_role
from payments.enums import AGREEMENT_SIGNED_ONCE, APPLICANT_LABELS, BADGES, PUBLIC_LABELS, AgreementState

A = AgreementState
SEES_ALL = (Role.CASE_OFFICER, Role.AUTHORISING_OFFICER, Role.DELEGATE, Role.ACCOUNTING_OFFICER, Role.AUDITOR)


def sees_all_money(user) -> bool:
    """Whether a person follows every grant: case officers, the two finance officers and a delegate, auditors."""
    return bool(user and user.is_authenticated and user.is_active) and any(has_role(user, role) for role in SEES_ALL)


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


class AgreementQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The team and the bearer's representative see their grant; those who follow the money see all; nobody else any."""
        if not user or not user.is_authenticated or not user.is_active:
            return self.none()
        if sees_all_money(user):
            return self.all()
        team = apps.get_model("applications", "Application").objects.of_team(user).values("pk")
        return self.filter(Q(application__in=team) | Q(signatory=user) | Q(application__bearer_person=user))

    def in_force(self):
        return self.filter(state__in=(A.SIGNED, A.ACTIVE, A.SUSPENDED))


class Agreement(Machine):
    """The grant agreement of one selected file; same reference as the file. `amount`, in cents, is the maximum; it runs from `starts_on` to `ends_on`."""

    machine = "agreement"

    state = StateField(_("state"), choices=A.choices, default=A.OFFERED, db_index=True)
    reference = models.CharField(_("reference"), max_length=20, unique=True)
    application = models.OneToOneField(
        "applications.Application", models.PROTECT, related_name="agreement", verbose_name=_("application")
    )
    decision = models.ForeignKey(
        "reviews.Decision", models.PROTECT, related_name="agreements", verbose_name=_("decision")
    )
    amount = models.BigIntegerField(_("amount"))
    award_amount = models.BigIntegerField(_("amount of the decision"))
    bearer_name = models.CharField(_("bearer"), max_length=200)
    case_officer = person(_("case officer"))
    offered_at = models.DateTimeField(_("offered at"))
    accept_by_at = models.DateTimeField(_("to accept before"))
    first_reminded_at = instant(_("first reminder at"))
    last_reminded_at = instant(_("last reminder at"))
    accepted_at = instant(_("accepted at"))
    accepted_by = person(_("accepted by"))
    sign_by_at = instant(_("to sign before"))
    signatory = person(_("signs for the bearer"))
    signatory_capacity = models.CharField(_("capacity of the one who signs"), max_length=120, blank=True)
    de_minimis_amount = models.BigIntegerField(_("de minimis aid declared"), null=True, blank=True)
    cer_at = instant(_("republican commitment subscribed at"))
    document = models.ForeignKey(
        "core.Document", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("document")
    )
    bearer_signed_at = instant(_("signed by the bearer at"))
    bearer_signed_by = person(_("signed for the bearer by"))
    signed_at = instant(_("signed by both at"))
    signed_by = person(_("signed for the fund by"))
    paper_signed_on = models.DateField(_("signed on paper by the fund on"), null=True, blank=True)
    chorus_commitment = models.CharField(_("commitment in Chorus (EJ)"), max_length=10, blank=True)
    duration_months = models.PositiveSmallIntegerField(_("duration in months"), default=12)
    starts_on = models.DateField(_("starts on"), null=True, blank=True)
    ends_on = models.DateField(_("ends on"), null=True, blank=True)
    suspended_at = instant(_("suspended at"))
    suspension_reason = models.TextField(_("reason of the suspension"), blank=True)
    suspension_remedy = models.TextField(_("what lifts the suspension"), blank=True)
    observations_invited_at = instant(_("observations invited at"))
    observations_due_on = models.DateField(_("observations due on"), null=True, blank=True)
    observations = models.TextField(_("observations of the recipient"), blank=True)
    observed_at = instant(_("observations received at"))
    closed_at = instant(_("closed at"))
    closing_document = models.ForeignKey(
        "core.Document", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("closing letter")
    )

    objects = AgreementQuerySet.as_manager()

    class Meta:
        verbose_name = _("grant agreement")
        verbose_name_plural = _("grant agreements")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=A.values), name="agreement_state"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, amount__lte=F("award_amount")), name="agreement_amount_within_award"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("accepted", *AGREEMENT_SIGNED_ONCE))
                | Q(accepted_at__isnull=False, signatory__isnull=False, sign_by_at__isnull=False),
                name="agreement_accepted_has_signatory",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=AGREEMENT_SIGNED_ONCE,
                    bearer_signed_at__isnull=False,
                    bearer_signed_by__isnull=False,
                    signed_at__isnull=False,
                    signed_by__isnull=False,
                    starts_on__isnull=False,
                    ends_on__isnull=False,
                    document__isnull=False,
                )
                | (~Q(state__in=AGREEMENT_SIGNED_ONCE) & Q(signed_at__isnull=True, signed_by__isnull=True)),
                name="agreement_signed_by_both",
            ),
            models.CheckConstraint(
                condition=Q(signed_by__isnull=True) | ~Q(signed_by=F("bearer_signed_by")), name="agreement_two_signers"
            ),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True) | Q(ends_on__gte=F("starts_on")), name="agreement_ends_after_start"
            ),
            models.CheckConstraint(
                condition=~Q(state="suspended") | (Q(suspended_at__isnull=False) & ~Q(suspension_reason="")),
                name="agreement_suspended_why",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("completed", "terminated", "lapsed", "declined"), closed_at__isnull=False)
                | (~Q(state__in=("completed", "terminated", "lapsed", "declined")) & Q(closed_at__isnull=True)),
                name="agreement_closed_at",
            ),
        ]

    def __str__(self):
        return self.reference

    def two_key_facts(self) -> dict:
        return {
            "state": self.state,
            "amount": self.amount,
            "instalments": list(self.instalments.order_by("number").values_list("number", "state")),
        }

    @property
    def tone(self) -> str:
        return BADGES["agreement"][self.state]

    @property
    def applicant_label(self):
        return APPLICANT_LABELS["agreement"][self.state]

    @property
    def public_label(self):
        return PUBLIC_LABELS["agreement"][self.state]

    @property
    def is_before_signature(self) -> bool:
        return self.state in (A.OFFERED, A.ACCEPTED)

    @property
    def is_signed(self) -> bool:
        return self.state in AGREEMENT_SIGNED_ONCE

    @property
    def agreed_on(self):
        """The day of the agreement: that of its last signature, on paper or here."""
        return self.paper_signed_on or (timezone.localdate(self.signed_at) if self.signed_at else None)

    @property
    def rules(self):
        """The rule version frozen by the call."""
        return self.application.call.rule_version

    # The graph. Bodies set their own fields only.

    @transition(state, source=A.OFFERED, target=A.ACCEPTED)
    def accept(self, by, at, sign_by_at, signatory, signatory_capacity, de_minimis_amount, cer_at):
        self.accepted_by, self.accepted_at, self.sign_by_at = by, at, sign_by_at
        self.signatory, self.signatory_capacity = signatory, signatory_capacity
        self.de_minimis_amount, self.cer_at = de_minimis_amount, cer_at
        self.first_reminded_at = self.last_reminded_at = None  # the signature has its own deadline and reminders

    @transition(state, source=A.OFFERED, target=A.OFFERED)
    def extend(self, accept_by_at):
        self.accept_by_at, self.first_reminded_at, self.last_reminded_at = accept_by_at, None, None

    @transition(state, source=A.ACCEPTED, target=A.ACCEPTED)
    def extend_signature(self, sign_by_at):
        self.sign_by_at, self.first_reminded_at, self.last_reminded_at = sign_by_at, None, None

    def _remind(self, at):
        self.first_reminded_at, self.last_reminded_at = self.first_reminded_at or at, at

    @transition(state, source=A.OFFERED, target=A.OFFERED)
    def remind_offer(self, at):
        self._remind(at)

    @transition(state, source=A.ACCEPTED, target=A.ACCEPTED)
    def remind_signature(self, at):
        self._remind(at)

    @transition(state, source=[A.OFFERED, A.ACCEPTED], target=A.DECLINED)
    def decline(self, at):
        self.closed_at = at

    @transition(state, source=[A.OFFERED, A.ACCEPTED], target=A.LAPSED)
    def lapse(self, at):
        self.closed_at = at

    @transition(state, source=[A.OFFERED, A.ACCEPTED], target=A.LAPSED)
    def fall(self, at):
        self.closed_at = at

    @transition(state, source=A.LAPSED, target=A.OFFERED)
    def offer_again(self, decision, officer, at, amount, accept_by_at):
        self.decision, self.award_amount, self.amount = decision, decision.amount, amount
        self.case_officer, self.offered_at, self.accept_by_at, self.closed_at = officer, at, accept_by_at, None
        self.first_reminded_at = self.last_reminded_at = self.accepted_by = self.accepted_at = self.sign_by_at = None
        self.signatory, self.signatory_capacity, self.de_minimis_amount, self.cer_at = None, "", None, None
        self.document = self.bearer_signed_at = self.bearer_signed_by = None

    @transition(state, source=A.ACCEPTED, target=A.ACCEPTED)
    def prepare_document(self, document):
        self.document = document

    @transition(state, source=A.ACCEPTED, target=A.ACCEPTED)
    def sign_as_bearer(self, by, at):
        if by == self.signatory:  # a collective's referent signs too: only the document's signature tells
            self.bearer_signed_by, self.bearer_signed_at = by, at

    @transition(state, source=A.ACCEPTED, target=A.SIGNED)
    def sign(self, by, at, starts_on, ends_on, paper_signed_on=None):
        self.signed_by, self.signed_at, self.starts_on, self.ends_on = by, at, starts_on, ends_on
        self.paper_signed_on = paper_signed_on

    @transition(state, source=A.SIGNED, target=A.ACTIVE)
    def activate(self):
        """The start date is the agreement's."""

    @transition(state, source=A.ACTIVE, target=A.SUSPENDED)
    def suspend(self, at, reason, remedy, observations_due_on):
        self.suspended_at, self.suspension_reason, self.suspension_remedy = at, reason, remedy
        self.observations_invited_at, self.observations_due_on = at, observations_due_on
        self.observations, self.observed_at = "", None

    @transition(state, source=A.SUSPENDED, target=A.SUSPENDED)
    def observe(self, at, text):
        self.observations, self.observed_at = text, at

    @transition(state, source=A.SUSPENDED, target=A.ACTIVE)
    def resume(self):
        self.suspended_at, self.suspension_reason, self.suspension_remedy = None, "", ""

    @transition(state, source=A.ACTIVE, target=A.COMPLETED)
    def complete(self, at):
        self.closed_at = at

    @transition(state, source=A.COMPLETED, target=A.ACTIVE)
    def reopen(self):
        self.closed_at = self.closing_document = None

    @transition(state, source=[A.SIGNED, A.ACTIVE, A.SUSPENDED], target=A.TERMINATED)
    def terminate(self, at):
        self.closed_at = at
