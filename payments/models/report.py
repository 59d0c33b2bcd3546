from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from core.models import Machine, StateField
from payments.enums import APPLICANT_LABELS, BADGES, PUBLIC_LABELS, Adoption, ReportKind, ReportState
from payments.models.account import OfAgreement
from payments.models.agreement import Agreement, instant, person

R = ReportState


class Report(Machine):
    """What was done and spent: narrative by heading, spending lines against the budget, outputs open to all, what was learnt. Amounts in cents."""

    machine = "report"

    state = StateField(_("state"), choices=R.choices, default=R.DUE)
    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="reports", verbose_name=_("agreement"))
    kind = models.CharField(_("kind"), max_length=10, choices=ReportKind.choices)
    due_on = models.DateField(_("due on"))
    narrative = models.JSONField(_("account"), default=dict, blank=True)
    learnt = models.TextField(_("what was learnt"), blank=True)
    repository_url = models.URLField(_("where the work is published"), max_length=300, blank=True)
    demo_url = models.URLField(_("where it can be tried"), max_length=300, blank=True)
    licence = models.CharField(_("licence"), max_length=60, blank=True)
    adoption = models.CharField(
        _("what became of it in the administration"), max_length=10, choices=Adoption.choices, blank=True
    )
    adoption_comment = models.TextField(_("in a few words"), blank=True)
    version = models.PositiveIntegerField(_("version"), default=0)
    updated_at = instant(_("updated at"))
    updated_by = person(_("updated by"))
    submitted_at = instant(_("filed at"))
    submitted_by = person(_("filed by"))
    copy = models.ForeignKey(
        "core.Document", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("copy")
    )
    changes = models.JSONField(_("changes asked"), default=list, blank=True)
    changes_due_on = models.DateField(_("changes due on"), null=True, blank=True)
    budget_total_amount = models.BigIntegerField(_("budget"), default=0)
    actual_total_amount = models.BigIntegerField(_("spent"), default=0)
    accepted_total_amount = models.BigIntegerField(_("spending accepted"), null=True, blank=True)
    unspent_amount = models.BigIntegerField(_("unspent"), null=True, blank=True)
    accepted_at = instant(_("accepted at"))
    accepted_by = person(_("accepted by"))
    cancelled_at = instant(_("cancelled at"))
    reminded_days = models.JSONField(_("reminders sent"), default=list, blank=True)
    noticed_at = instant(_("formal notice given at"))
    notice_due_on = models.DateField(_("to file by, after the formal notice"), null=True, blank=True)
    notice = models.ForeignKey(
        "core.Document", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("formal notice")
    )

    objects = OfAgreement.as_manager()

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering = ["due_on", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=R.values), name="report_state"),
            models.CheckConstraint(condition=Q(kind__in=ReportKind.values), name="report_kind"),
            models.CheckConstraint(
                condition=~Q(state__in=("submitted", "changes_requested", "accepted"))
                | Q(submitted_at__isnull=False, submitted_by__isnull=False),
                name="report_submitted_facts",
            ),
            models.CheckConstraint(
                condition=Q(
                    state="accepted",
                    accepted_at__isnull=False,
                    accepted_by__isnull=False,
                    accepted_total_amount__isnull=False,
                    unspent_amount__isnull=False,
                )
                | (~Q(state="accepted") & Q(accepted_at__isnull=True)),
                name="report_accepted_facts",
            ),
            models.CheckConstraint(
                condition=~Q(state="cancelled") | Q(cancelled_at__isnull=False), name="report_cancelled_at"
            ),
            models.CheckConstraint(
                condition=Q(noticed_at__isnull=True, notice_due_on__isnull=True, notice__isnull=True)
                | Q(noticed_at__isnull=False, notice_due_on__isnull=False, notice__isnull=False),
                name="report_notice_facts",
            ),
            models.UniqueConstraint(
                fields=["agreement", "kind"], condition=~Q(state="cancelled"), name="report_one_of_a_kind"
            ),
        ]

    def __str__(self):
        return f"{self.agreement_id} / {self.kind}"

    @property
    def event_subject(self):
        return self.agreement.reference

    @property
    def tone(self) -> str:
        return BADGES["report"][self.state]

    @property
    def applicant_label(self):
        return APPLICANT_LABELS["report"][self.state]

    @property
    def public_label(self):
        return PUBLIC_LABELS["report"][self.state]

    @property
    def expected_on(self):
        """The day its author has to keep: of the changes asked, else of the formal notice, else the day it was due."""
        return self.changes_due_on or self.notice_due_on or self.due_on

    def is_overdue(self, today) -> bool:
        return self.state in (R.DUE, R.DRAFT) and today > self.due_on

    # The graph. Bodies set their own fields only.

    def _write(self, facts, at, by):
        for name, value in facts.items():
            setattr(self, name, value)
        self.updated_at, self.updated_by, self.version = at, by, self.version + 1

    @transition(state, source=R.DUE, target=R.DRAFT)
    def start(self, at, by):
        self._write({}, at, by)

    def _give_notice(self, at, due_on, document):
        self.noticed_at, self.notice_due_on, self.notice = at, due_on, document

    @transition(state, source=R.DUE, target=R.DUE)
    def give_notice(self, at, due_on, document):
        self._give_notice(at, due_on, document)

    @transition(state, source=R.DRAFT, target=R.DRAFT)
    def give_notice_on_draft(self, at, due_on, document):
        self._give_notice(at, due_on, document)

    @transition(state, source=R.DRAFT, target=R.DRAFT)
    def write(self, facts, at, by):
        self._write(facts, at, by)

    @transition(state, source=R.CHANGES_REQUESTED, target=R.CHANGES_REQUESTED)
    def revise(self, facts, at, by):
        self._write(facts, at, by)

    @transition(state, source=[R.DRAFT, R.CHANGES_REQUESTED], target=R.SUBMITTED)
    def submit(self, at, by):
        self.submitted_at, self.submitted_by = at, by
        self.changes, self.changes_due_on = [], None

    @transition(state, source=R.SUBMITTED, target=R.CHANGES_REQUESTED)
    def request_changes(self, changes, due_on):
        self.changes, self.changes_due_on = changes, due_on

    @transition(state, source=R.SUBMITTED, target=R.ACCEPTED)
    def accept(self, at, by, accepted_total, unspent):
        self.accepted_at, self.accepted_by = at, by
        self.accepted_total_amount, self.unspent_amount = accepted_total, unspent

    @transition(state, source=R.ACCEPTED, target=R.CHANGES_REQUESTED)
    def reopen(self, changes, due_on):
        self.accepted_at = self.accepted_by = self.accepted_total_amount = self.unspent_amount = None
        self.changes, self.changes_due_on = changes, due_on

    @transition(state, source=[R.DUE, R.DRAFT, R.SUBMITTED, R.CHANGES_REQUESTED], target=R.CANCELLED)
    def cancel(self, at):
        self.cancelled_at = at


class ReportLine(models.Model):
    """One expense line: budget against spending. `accepted_amount` is what the case officer admits; null until the report is accepted."""

    report = models.ForeignKey(Report, models.CASCADE, related_name="lines", verbose_name=_("report"))
    position = models.PositiveSmallIntegerField(_("position"))
    account = models.CharField(_("account"), max_length=6)
    label = models.CharField(_("what"), max_length=200)
    budget_amount = models.BigIntegerField(_("budget"), default=0)
    actual_amount = models.BigIntegerField(_("spent"), null=True, blank=True)
    explanation = models.CharField(_("why the gap"), max_length=500, blank=True)
    accepted_amount = models.BigIntegerField(_("admitted"), null=True, blank=True)
    remark = models.CharField(_("remark of the fund"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("line of a report")
        verbose_name_plural = _("lines of reports")
        ordering = ["report_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["report", "position"], name="report_line_position"),
            models.CheckConstraint(condition=Q(budget_amount__gte=0), name="report_line_budget"),
            models.CheckConstraint(
                condition=Q(actual_amount__isnull=True) | Q(actual_amount__gte=0), name="report_line_actual"
            ),
        ]

    def __str__(self):
        return f"{self.report_id} / {self.position}"

    @property
    def gap_amount(self) -> int | None:
        """Cents spent above (or below, negative) the budget; None until something is written."""
        return None if self.actual_amount is None else self.actual_amount - self.budget_amount

    @property
    def gap_tenths(self) -> int | None:
        """The gap in tenths of a percent of the budget, rounded half away from zero; None without a budget."""
        if self.gap_amount is None or not self.budget_amount:
            return None
        sign = -1 if self.gap_amount < 0 else 1
        return sign * ((abs(self.gap_amount) * 2000 + self.budget_amount) // (2 * self.budget_amount))
