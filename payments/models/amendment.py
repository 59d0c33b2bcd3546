from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from core.models import Machine, StateField
from core.money import format_euros
from payments.enums import APPLICANT_LABELS, BADGES, AmendmentState, Term
from payments.models.account import OfAgreement
from payments.models.agreement import Agreement, instant, person

A = AmendmentState


class Amendment(Machine):
    """A change of an agreement: a list of differences, asked by the recipient, signed by both sides. It never raises the grant. Amounts in cents.

    `new_ends_on` and `new_amount` are empty when they do not change; `changes` holds every difference, theirs included.
    """

    machine = "amendment"

    state = StateField(_("state"), choices=A.choices, default=A.REQUESTED)
    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="amendments", verbose_name=_("agreement"))
    number = models.PositiveSmallIntegerField(_("number"))
    reason = models.TextField(_("why"))
    new_ends_on = models.DateField(_("new end of the project"), null=True, blank=True)
    new_amount = models.BigIntegerField(_("new amount"), null=True, blank=True)
    requested_by = person(_("requested by"))
    requested_at = models.DateTimeField(_("requested at"))
    answer_by_on = models.DateField(_("answer expected by"))
    answered_by = person(_("answered by"))
    answered_at = instant(_("answered at"))
    answer = models.TextField(_("answer"), blank=True)
    sign_by_at = instant(_("to sign before"))
    document = models.ForeignKey(
        "core.Document", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("document")
    )
    bearer_signed_at = instant(_("signed by the bearer at"))
    bearer_signed_by = person(_("signed for the bearer by"))
    signed_at = instant(_("signed by both at"))
    signed_by = person(_("signed for the fund by"))
    closed_at = instant(_("closed at"))

    objects = OfAgreement.as_manager()

    class Meta:
        verbose_name = _("amendment")
        verbose_name_plural = _("amendments")
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=A.values), name="amendment_state"),
            models.CheckConstraint(condition=~Q(reason=""), name="amendment_why"),
            models.CheckConstraint(condition=Q(new_amount__isnull=True) | Q(new_amount__gt=0), name="amendment_amount"),
            models.CheckConstraint(
                condition=~Q(state__in=("approved", "signed", "lapsed"))
                | Q(document__isnull=False, sign_by_at__isnull=False, answered_at__isnull=False),
                name="amendment_approved_facts",
            ),
            models.CheckConstraint(condition=~Q(state="refused") | ~Q(answer=""), name="amendment_refused_why"),
            models.CheckConstraint(
                condition=~Q(state="signed")
                | Q(signed_at__isnull=False, signed_by__isnull=False, bearer_signed_at__isnull=False),
                name="amendment_signed_by_both",
            ),
            models.CheckConstraint(
                condition=Q(signed_by__isnull=True) | ~Q(signed_by=F("bearer_signed_by")), name="amendment_two_signers"
            ),
            models.UniqueConstraint(fields=["agreement", "number"], name="amendment_number"),
            models.UniqueConstraint(
                fields=["agreement"], condition=Q(state__in=("requested", "approved")), name="amendment_one_open"
            ),
        ]

    def __str__(self):
        return f"{self.agreement_id} / {self.number}"

    @property
    def event_subject(self):
        return self.agreement.reference

    @property
    def tone(self) -> str:
        return BADGES["amendment"][self.state]

    @property
    def applicant_label(self):
        return APPLICANT_LABELS["amendment"][self.state]

    # The graph. Bodies set their own fields only.

    @transition(state, source=A.REQUESTED, target=A.WITHDRAWN)
    def withdraw(self, at):
        self.closed_at = at

    @transition(state, source=A.REQUESTED, target=A.REFUSED)
    def refuse(self, by, at, answer):
        self.answered_by, self.answered_at, self.answer, self.closed_at = by, at, answer, at

    @transition(state, source=A.REQUESTED, target=A.APPROVED)
    def approve(self, by, at, sign_by_at, answer):
        self.answered_by, self.answered_at, self.sign_by_at, self.answer = by, at, sign_by_at, answer

    @transition(state, source=A.APPROVED, target=A.APPROVED)
    def sign_as_bearer(self, by, at):
        if by == self.agreement.signatory:  # a collective's referent signs too: only the document's signature tells
            self.bearer_signed_by, self.bearer_signed_at = by, at

    @transition(state, source=A.APPROVED, target=A.SIGNED)
    def sign(self, by, at):
        self.signed_by, self.signed_at, self.closed_at = by, at, at

    @transition(state, source=A.APPROVED, target=A.LAPSED)
    def lapse(self, at):
        self.closed_at = at


class AmendmentChange(models.Model):
    """One difference: the term, what it was, what it becomes. Days are kept as ISO and amounts in cents, the rest in the words of who asks."""

    amendment = models.ForeignKey(Amendment, models.CASCADE, related_name="changes", verbose_name=_("amendment"))
    position = models.PositiveSmallIntegerField(_("position"))
    term = models.CharField(_("term"), max_length=20, choices=Term.choices)
    before = models.TextField(_("before"), blank=True)
    after = models.TextField(_("after"))

    class Meta:
        verbose_name = _("difference")
        verbose_name_plural = _("differences")
        ordering = ["amendment_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["amendment", "position"], name="amendment_change_once"),
            models.CheckConstraint(condition=Q(term__in=Term.values), name="amendment_change_term"),
            models.CheckConstraint(condition=~Q(after="") & ~Q(after=F("before")), name="amendment_change_differs"),
        ]

    def __str__(self):
        return f"{self.amendment_id} / {self.position}"

    @property
    def before_shown(self) -> str:
        return shown(self.term, self.before)

    @property
    def after_shown(self) -> str:
        return shown(self.term, self.after)


def shown(term: str, value: str) -> str:
    """A value of a difference as it is read: a day, an amount, or the words themselves."""
    if term == Term.AMOUNT and value.isdigit():
        return format_euros(int(value))
    if term in (Term.ENDS_ON, Term.FINAL_REPORT):
        try:
            return date_format(date.fromisoformat(value), "j F Y")
        except ValueError:
            return value
    return value
