from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from core.append_only import append_only
from core.models import Machine, StateField
from payments.enums import BADGES, DIRECTIONS, FINDINGS, StatementLineState, StatementState
from payments.models.agreement import instant, person, sees_all_money
from payments.models.instalment import Instalment

L = StatementLineState
AHEAD_DAYS = 10
"""Value dates, week-ends and holidays put a booked line some days ahead; further, its date is misread or nothing has happened yet."""


def is_ahead(day, today) -> bool:
    return day is not None and day > today + timedelta(days=AHEAD_DAYS)


class StatementQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.all() if sees_all_money(user) else self.none()


class BankStatement(Machine):
    """A file of the bank, imported once (its bytes' SHA-256 and the bank's own message id tell)."""

    machine = "bank_statement"

    state = StateField(_("state"), choices=StatementState.choices, default=StatementState.IMPORTED)
    reference = models.CharField(_("reference"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=10)
    schema = models.CharField(_("format"), max_length=20)
    message_id = models.CharField(_("bank's message id"), max_length=35)
    name = models.CharField(_("name of the file"), max_length=200)
    sha256 = models.CharField(_("SHA-256"), max_length=64, unique=True)
    account_end = models.CharField(_("last four signs of the account"), max_length=4, blank=True)
    imported_by = person(_("imported by"))
    imported_at = models.DateTimeField(_("imported at"))
    matched_count = models.PositiveIntegerField(_("reconciled"), default=0)
    known_count = models.PositiveIntegerField(_("already known"), default=0)

    objects = StatementQuerySet.as_manager()

    class Meta:
        verbose_name = _("bank statement")
        verbose_name_plural = _("bank statements")
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=Q(state__in=StatementState.values), name="statement_state")]

    def __str__(self):
        return self.reference


@append_only
class StatementBalance(models.Model):
    """What the bank says of the account at both ends of a statement, and what its movements add up to (cents). It checks the file, and moves nothing."""

    statement = models.ForeignKey(BankStatement, models.PROTECT, related_name="balances", verbose_name=_("statement"))
    account_end = models.CharField(_("last four signs of the account"), max_length=4)
    opening_amount = models.BigIntegerField(_("opening balance"), null=True, blank=True)
    closing_amount = models.BigIntegerField(_("closing balance"))
    closing_on = models.DateField(_("closed on"))
    moved_amount = models.BigIntegerField(_("sum of the movements"))

    class Meta:
        verbose_name = _("balance of a statement")
        verbose_name_plural = _("balances of statements")
        ordering = ["id"]
        indexes = [models.Index(fields=["account_end", "closing_on"], name="balance_of_account")]

    def __str__(self):
        return f"{self.statement_id} / {self.account_end}"


class StatementLine(Machine):
    """One line of a bank file, imported once whichever file carries it; what it did to an instalment, or waits for a person."""

    machine = "statement_line"

    state = StateField(_("state"), choices=L.choices, default=L.TO_CHECK)
    statement = models.ForeignKey(BankStatement, models.PROTECT, related_name="lines", verbose_name=_("statement"))
    position = models.PositiveIntegerField(_("position"))
    source_line = models.PositiveIntegerField(_("line in the file"))
    identity = models.CharField(_("identity"), max_length=64, unique=True)
    direction = models.CharField(_("direction"), max_length=10)
    amount = models.BigIntegerField(_("amount"), null=True, blank=True)
    end_to_end_id = models.CharField(_("end-to-end id"), max_length=35, blank=True)
    booked_on = models.DateField(_("booked on"), null=True, blank=True)
    value_on = models.DateField(_("value date"), null=True, blank=True)
    bank_reference = models.CharField(_("bank's reference"), max_length=140, blank=True)
    statement_number = models.CharField(_("bank's number of the statement"), max_length=35, blank=True)
    reason_code = models.CharField(_("bank's reason"), max_length=35, blank=True)
    is_return = models.BooleanField(_("return"), default=False)
    status = models.CharField(_("status"), max_length=10, blank=True)
    batch_message_id = models.CharField(_("batch"), max_length=35, blank=True)
    batch_count = models.PositiveIntegerField(_("number of payments"), null=True, blank=True)
    text = models.CharField(_("text"), max_length=140, blank=True)
    instalment = models.ForeignKey(
        Instalment, models.PROTECT, null=True, blank=True, related_name="statement_lines", verbose_name=_("instalment")
    )
    recovery = models.ForeignKey(
        "payments.Recovery",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="statement_lines",
        verbose_name=_("recovery"),
    )
    finding = models.CharField(_("what was found"), max_length=40, blank=True)
    handled_by = person(_("handled by"))
    handled_at = instant(_("handled at"))
    note = models.CharField(_("note"), max_length=300, blank=True)

    objects = StatementQuerySet.as_manager()

    class Meta:
        verbose_name = _("line of a statement")
        verbose_name_plural = _("lines of statements")
        ordering = ["statement_id", "position"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=L.values), name="statement_line_state"),
            models.CheckConstraint(
                condition=~Q(state="dismissed") | (Q(handled_by__isnull=False) & ~Q(note="")),
                name="statement_line_dismissed_why",
            ),
        ]

    def __str__(self):
        return f"{self.statement_id} / {self.position}"

    @property
    def event_subject(self):
        return self.statement.reference

    @property
    def tone(self) -> str:
        return BADGES["statement_line"][self.state]

    @property
    def direction_label(self):
        return _("Return") if self.is_return else DIRECTIONS.get(self.direction, "")

    def is_ahead(self, today) -> bool:
        return is_ahead(self.booked_on or self.value_on, today)

    @property
    def finding_label(self):
        return FINDINGS.get(self.finding, "")

    @transition(state, source=L.TO_CHECK, target=L.MATCHED)
    def match(self, instalment, finding, by, at):
        self.instalment, self.finding, self.handled_by, self.handled_at = instalment, finding, by, at

    @transition(state, source=L.TO_CHECK, target=L.MATCHED)
    def match_repayment(self, recovery, by, at):
        self.recovery, self.finding, self.handled_by, self.handled_at = recovery, "repayment", by, at

    def _unmatch(self):
        self.instalment = self.recovery = self.handled_by = self.handled_at = None
        self.finding = "undone"

    @transition(state, source=L.MATCHED, target=L.TO_CHECK)
    def set_free(self):
        self._unmatch()

    @transition(state, source=L.MATCHED, target=L.TO_CHECK)
    def undo_repayment(self):
        self._unmatch()

    @transition(state, source=L.TO_CHECK, target=L.DISMISSED)
    def dismiss(self, by, at, note):
        self.handled_by, self.handled_at, self.note = by, at, note


class BankTable(models.Model):
    """A CSV of the bank from its upload to its import: its bytes wait for a person to confirm the columns, then go; the mapping stays for the next."""

    name = models.CharField(_("name of the file"), max_length=200)
    sha256 = models.CharField(_("SHA-256"), max_length=64, unique=True)
    content = models.BinaryField(_("content"), blank=True, default=b"")
    headers = models.CharField(_("SHA-256 of the headers"), max_length=64, db_index=True)
    mapping = models.JSONField(_("columns"), default=dict)
    uploaded_by = person(_("uploaded by"))
    uploaded_at = models.DateTimeField(_("uploaded at"))
    confirmed_by = person(_("columns confirmed by"))
    confirmed_at = instant(_("columns confirmed at"))
    statement = models.OneToOneField(
        BankStatement, models.PROTECT, null=True, blank=True, related_name="table", verbose_name=_("statement")
    )

    objects = StatementQuerySet.as_manager()

    class Meta:
        verbose_name = _("bank table")
        verbose_name_plural = _("bank tables")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(statement__isnull=True, confirmed_at__isnull=True, confirmed_by__isnull=True)
                | Q(statement__isnull=False, confirmed_at__isnull=False, confirmed_by__isnull=False),
                name="bank_table_confirmed",
            )
        ]

    def __str__(self):
        return self.name
