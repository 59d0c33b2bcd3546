"""What the registry keeps of its own: the grants made before this software. Everything else is read from the rooms below."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from core.models import Machine
from core.redaction import redacted
from fund.models import Call, Organisation
from registry.enums import QuestionState, SetAsideReason


def part_of(amount: int, share: Decimal | None) -> int:
    """Whole cents of a share; the whole amount when the share is not known."""
    return amount if share is None or share == 1 else int((amount * share).to_integral_value())


class PastGrant(models.Model):
    """One row of an earlier grant, in the terms of SCDL "subventions" 2.1.1: one row per beneficiary, `share` is that body's part of `amount`.

    What its file did not say is unknown: null or empty, never a usual value. `row_key` is its public key and stays when it is corrected.
    """

    identity = models.CharField(_("identity of the grant"), max_length=64, db_index=True)
    row_key = models.CharField(_("key of the row"), max_length=64, unique=True)
    funder_name = models.CharField(_("funder"), max_length=255)
    funder_siret = models.CharField(_("funder's SIRET"), max_length=14)
    agreed_on = models.DateField(_("agreement date"), db_index=True)
    decision_reference = models.CharField(_("decision"), max_length=255, blank=True)
    recipient_name = models.CharField(_("recipient"), max_length=255)
    recipient_siret = models.CharField(_("recipient's SIRET"), max_length=14, blank=True)
    recipient_rna = models.CharField(_("recipient's RNA"), max_length=10, blank=True)
    purpose = models.TextField(_("purpose"))
    amount = models.BigIntegerField(_("amount in cents"))
    nature = models.CharField(_("nature"), max_length=60, blank=True)
    conditions = models.CharField(_("conditions of payment"), max_length=256, blank=True)
    paid_from_on = models.DateField(_("paid from"), null=True, blank=True)
    paid_until_on = models.DateField(_("paid until"), null=True, blank=True)
    rae = models.CharField(_("RAE number"), max_length=5, blank=True)
    eu_notified = models.BooleanField(_("notified to the EU"), null=True, blank=True)
    share = models.DecimalField(_("share"), max_digits=6, decimal_places=4, null=True, blank=True)
    scheme = models.CharField(_("scheme"), max_length=255, blank=True)
    imported_at = models.DateTimeField(_("imported at"))
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("imported by")
    )
    brought_by = models.ForeignKey(
        "HistoryFile", models.PROTECT, null=True, related_name="brought", verbose_name=_("brought by")
    )

    class Meta:
        verbose_name = _("earlier grant")
        verbose_name_plural = _("earlier grants")
        ordering = ["-agreed_on", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="past_grant_amount"),
            models.CheckConstraint(
                condition=Q(share__isnull=True) | Q(share__gt=0, share__lte=1), name="past_grant_share"
            ),
            models.CheckConstraint(condition=~Q(recipient_siret="", recipient_rna=""), name="past_grant_identified"),
        ]

    def __str__(self):
        return f"{self.recipient_name} {self.agreed_on}"

    @property
    def shared_amount(self) -> int:
        """Cents of this beneficiary: its share, to the cent."""
        return part_of(self.amount, self.share)


class Question(Machine):
    """A question of the public on a call, or on one of its published projects; never who asks. Public once answered, with its answer.

    `email`: where the answer is also sent, if given; emptied as soon as the question is closed. `due_on`: last day of the rules' time to answer.
    """

    machine = "question"

    state = FSMField(_("state"), choices=QuestionState.choices, default=QuestionState.ASKED, protected=True)
    reference = models.CharField(_("reference"), max_length=20, unique=True)
    call = models.ForeignKey(Call, models.PROTECT, related_name="questions", verbose_name=_("call"))
    application = models.ForeignKey(
        "applications.Application",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="questions",
        verbose_name=_("project"),
    )
    text = models.TextField(_("question"))
    email = models.EmailField(_("e-mail address"), blank=True)
    language = models.CharField(_("language"), max_length=2, default="fr")
    asked_at = models.DateTimeField(_("asked at"))
    due_on = models.DateField(_("answer due on"))
    overdue_told_at = models.DateTimeField(_("officers told that it is overdue at"), null=True, blank=True)
    answer = models.TextField(_("answer"), blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("answered by")
    )
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    set_aside_reason = models.CharField(
        _("why it is set aside"), max_length=20, blank=True, choices=SetAsideReason.choices
    )

    class Meta:
        verbose_name = _("question of the public")
        verbose_name_plural = _("questions of the public")
        ordering = ["due_on", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=QuestionState.values), name="question_state"),
            models.CheckConstraint(
                condition=~Q(state="answered")
                | ~Q(answer="") & Q(answered_at__isnull=False, answered_by__isnull=False),
                name="question_answered",
            ),
            models.CheckConstraint(
                condition=~Q(state="set_aside") | ~Q(set_aside_reason=""), name="question_set_aside_with_reason"
            ),
            models.CheckConstraint(condition=Q(state="asked") | Q(email=""), name="question_email_while_it_waits"),
        ]
        indexes = [models.Index(fields=["call", "state"], name="question_call_state")]

    def __str__(self):
        return self.reference

    @property
    def path(self) -> str:
        """The public page where it is read."""
        if self.application is not None:
            return f"/projets/{self.application.reference}/questions/"
        return f"/appels/{self.call.slug}/questions/"

    @property
    def public_text(self) -> str:
        return redacted(self.text)

    @property
    def public_answer(self) -> str:
        return redacted(self.answer)

    @property
    def title(self) -> str:
        """What it is about, as the public reads it."""
        return redacted(self.application.display_title) if self.application is not None else self.call.title

    @transition(state, source=[QuestionState.ASKED, QuestionState.ANSWERED], target=QuestionState.ANSWERED)
    def answer_publicly(self, text: str, by, at):
        self.answer, self.answered_by, self.answered_at, self.email = text, by, at, ""

    @transition(state, source=QuestionState.ASKED, target=QuestionState.SET_ASIDE)
    def set_aside(self, reason: str):
        self.set_aside_reason, self.email = reason, ""


class HistoryFile(models.Model):
    """A file of earlier grants: looked at, then imported, by the worker when it is large; undone as a whole. Where it stands is told by its instants.

    `seen`: what reading it gave, for the page (counts, problems, remarks, differences). `kept`: where the file waits; nothing once it is over.
    """

    name = models.CharField(_("file"), max_length=200, blank=True)
    kept = models.CharField(max_length=200, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("imported by"))
    at = models.DateTimeField(_("given at"))
    seen = models.JSONField(default=dict)
    seen_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)
    failed = models.TextField(blank=True)
    undone_at = models.DateTimeField(_("undone at"), null=True)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    done = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    corrected = models.PositiveIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True)
    """A worker has it in hand until then."""

    class Meta:
        verbose_name = _("file of earlier grants")
        verbose_name_plural = _("files of earlier grants")
        ordering = ["-pk"]

    def __str__(self):
        return self.name or str(self.pk)

    @property
    def phase(self) -> str:
        """`reading`, `seen`, `importing`, `done`, `failed` or `undone`."""
        if self.undone_at:
            return "undone"
        if self.failed:
            return "failed"
        if self.finished_at:
            return "done"
        if self.confirmed_at:
            return "importing"
        return "seen" if self.seen_at else "reading"


class HistoryCorrection(models.Model):
    """What a file changed of a grant that was there: the whole grant before and after, for the undoing."""

    file = models.ForeignKey(HistoryFile, models.PROTECT, related_name="corrections", verbose_name=_("file"))
    grant = models.ForeignKey(PastGrant, models.CASCADE, related_name="corrections", verbose_name=_("earlier grant"))
    before = models.JSONField()
    after = models.JSONField()

    class Meta:
        verbose_name = _("correction of an earlier grant")
        verbose_name_plural = _("corrections of earlier grants")
        ordering = ["-pk"]

    def __str__(self):
        return f"{self.file_id} {self.grant_id}"


class PublishedRow(models.Model):
    """One published grant as the index knows it, of the fund or earlier: what lists filter, count and order by, and nothing that is not told."""

    kind = models.CharField(_("kind"), max_length=4)
    source_id = models.BigIntegerField(_("source"))
    reference = models.CharField(_("reference"), max_length=40, unique=True)
    moment = models.DateTimeField(_("awarded at"))
    cents = models.BigIntegerField(_("amount in cents"))
    stage = models.CharField(_("stage"), max_length=20)
    call = models.ForeignKey(Call, models.CASCADE, null=True, related_name="+", verbose_name=_("call"))
    year = models.PositiveSmallIntegerField(_("year"))
    department = models.CharField(_("department"), max_length=3, blank=True)
    recipient_kind = models.CharField(_("kind of recipient"), max_length=20, blank=True)
    partner = models.ForeignKey(
        Organisation, models.CASCADE, null=True, related_name="+", verbose_name=_("administration")
    )
    band = models.CharField(_("amount band"), max_length=12)

    class Meta:
        verbose_name = _("row of the index")
        verbose_name_plural = _("rows of the index")
        ordering = ["-moment", "-reference"]
        constraints = [models.UniqueConstraint(fields=["kind", "source_id"], name="published_row_source_once")]
        indexes = [
            models.Index(fields=["moment", "reference"], name="published_row_moment"),
            models.Index(fields=["cents", "reference"], name="published_row_cents"),
            models.Index(fields=["call", "moment", "reference"], name="published_row_call"),
            models.Index(fields=["department", "moment", "reference"], name="published_row_department"),
            models.Index(fields=["partner", "moment", "reference"], name="published_row_partner"),
            models.Index(fields=["stage", "moment", "reference"], name="published_row_stage"),
        ]

    def __str__(self):
        return self.reference


class PublishedText(models.Model):
    """The words of a row, for the search, and what a list shows of it (`card`): apart, so that counting reads narrow rows."""

    row = models.OneToOneField(
        PublishedRow, models.CASCADE, primary_key=True, related_name="text", verbose_name=_("row")
    )
    words = models.TextField(_("words"))
    card = models.JSONField(_("card"))

    class Meta:
        verbose_name = _("words of a row")
        verbose_name_plural = _("words of rows")

    def __str__(self):
        return str(self.row_id)


class PublishedTheme(models.Model):
    row = models.ForeignKey(PublishedRow, models.CASCADE, related_name="themes", verbose_name=_("row"))
    code = models.CharField(_("theme"), max_length=40)

    class Meta:
        verbose_name = _("theme of a row")
        verbose_name_plural = _("themes of rows")
        constraints = [models.UniqueConstraint(fields=["code", "row"], name="published_theme_once")]

    def __str__(self):
        return self.code


class PublishedCount(models.Model):
    """How many rows of a stage have a value of a filter, and their cents: moved with the rows, so that the whole is never counted."""

    facet = models.CharField(_("filter"), max_length=12)
    value = models.CharField(_("value"), max_length=40)
    stage = models.CharField(_("stage"), max_length=20)
    rows = models.IntegerField(_("grants"))
    cents = models.BigIntegerField(_("amount in cents"))

    class Meta:
        verbose_name = _("count of the index")
        verbose_name_plural = _("counts of the index")
        constraints = [
            models.UniqueConstraint(fields=["facet", "value", "stage"], name="published_count_once"),
            models.CheckConstraint(condition=Q(rows__gte=0), name="published_count_positive"),
        ]

    def __str__(self):
        return f"{self.facet} {self.value} {self.stage}"


class Pending(models.Model):
    """A source that the database saw change since the index read it (`registry.index.database`)."""

    kind = models.CharField(_("kind"), max_length=4)
    source_id = models.BigIntegerField(_("source"))

    class Meta:
        verbose_name = _("source to read again")
        verbose_name_plural = _("sources to read again")

    def __str__(self):
        return f"{self.kind} {self.source_id}"


class PublishedVersion(models.Model):
    """One row: a random token that changes when the index does, under which counts may be kept."""

    token = models.CharField(_("token"), max_length=32)

    class Meta:
        verbose_name = _("version of the index")
        verbose_name_plural = _("versions of the index")

    def __str__(self):
        return self.token
