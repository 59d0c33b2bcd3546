"""The books: envelopes and grants with their balances as columns, and the append-only journal they are the sums of.

Balances are moved by `fund.ledger.post` alone, with a conditional UPDATE; `save()` on an existing row never writes them. No row here points to a
higher app and none holds personal data: a grant is known by its reference.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_fsm import transition

from core.append_only import append_only
from core.models import Machine, StateField


class EnvelopeState(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("envelope", "To open")
    OPEN = "open", pgettext_lazy("envelope", "Open")
    CLOSED = "closed", pgettext_lazy("envelope", "Closed")


class Account(models.TextChoices):
    """Where money of an envelope stands. `source` is what the authority opened, as its negative; all others are >= 0."""

    SOURCE = "source", pgettext_lazy("money", "opened")
    FREE = "free", pgettext_lazy("money", "free")
    RESERVED = "reserved", pgettext_lazy("money", "reserved")
    COMMITTED = "committed", pgettext_lazy("money", "committed")
    ORDERED = "ordered", pgettext_lazy("money", "ordered")
    PAID = "paid", pgettext_lazy("money", "paid")
    CLAIMED = "claimed", pgettext_lazy("money", "claimed")
    RETURNED = "returned", pgettext_lazy("money", "returned")


class Kind(models.TextChoices):
    """The acts that move money; `fund.ledger.accounts.MOVES` says from where to where."""

    OPEN = "open", _("envelope opened or raised")
    LOWER = "lower", _("envelope lowered")
    CARRY = "carry", _("carried to another envelope")
    RESERVE = "reserve", _("reserved by a decision")
    RELEASE_RESERVATION = "release_reservation", _("reservation released")
    COMMIT = "commit", _("committed by an agreement")
    RELEASE_COMMITMENT = "release_commitment", _("commitment released")
    ORDER = "order", _("payment ordered")
    UNORDER = "unorder", _("payment order taken back")
    PAY = "pay", _("paid by the bank")
    BOUNCE = "bounce", _("returned by the bank")
    CLAIM = "claim", _("claimed back")
    UNCLAIM = "unclaim", _("claim lowered or dropped")
    RETURN = "return", _("received back")
    REVERSAL = "reversal", _("clerical error reversed")


STANDING = tuple(account for account in Account.values if account != Account.SOURCE)
OF_GRANT = tuple(account for account in STANDING if account != Account.FREE)


def _sum(accounts):
    first, *others = (F(f"{account}_amount") for account in accounts)
    for other in others:
        first = first + other
    return first


def _amount(label):
    return models.BigIntegerField(label, default=0)


class Balances(models.Model):
    """Rows whose `*_amount` columns follow the journal. Saving an existing row leaves them alone: only `fund.ledger` moves them."""

    class Meta:
        abstract = True

    def save(self, *args, update_fields=None, **kwargs):
        if update_fields is None and not self._state.adding:
            update_fields = [
                field.attname
                for field in self._meta.concrete_fields
                if not field.primary_key and not field.attname.endswith("_amount")
            ]
        super().save(*args, update_fields=update_fields, **kwargs)


class Envelope(Balances, Machine):
    """What the authority opens for a year: `opened = free + reserved + committed + ordered + paid + claimed + returned`, in cents, always."""

    machine = "envelope"

    state = StateField(_("state"), choices=EnvelopeState.choices, default=EnvelopeState.DRAFT)
    reference = models.CharField(_("reference"), max_length=40, unique=True)
    label = models.CharField(_("label"), max_length=120)
    year = models.PositiveSmallIntegerField(_("year"))
    acts_count = models.PositiveIntegerField(_("number of acts"), default=0)
    created_at = models.DateTimeField(_("created at"))
    opened_amount = _amount(_("opened"))
    free_amount = _amount(_("free"))
    reserved_amount = _amount(_("reserved"))
    committed_amount = _amount(_("committed"))
    ordered_amount = _amount(_("ordered"))
    paid_amount = _amount(_("paid"))
    claimed_amount = _amount(_("claimed"))
    returned_amount = _amount(_("returned"))

    class Meta:
        verbose_name = _("envelope")
        verbose_name_plural = _("envelopes")
        ordering = ["-year", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=EnvelopeState.values), name="envelope_state"),
            models.CheckConstraint(condition=Q(opened_amount=_sum(STANDING)), name="envelope_sums"),
            models.CheckConstraint(condition=~Q(state="draft") | Q(opened_amount=0), name="envelope_draft_is_empty"),
            *(
                models.CheckConstraint(condition=Q(**{f"{name}_amount__gte": 0}), name=f"envelope_{name}_positive")
                for name in ("opened", *STANDING)
            ),
        ]

    def __str__(self):
        return f"{self.reference} · {self.label}"

    def two_key_facts(self) -> dict:
        return {"state": self.state, "label": self.label, "opened_amount": self.opened_amount}

    @transition(state, source=EnvelopeState.DRAFT, target=EnvelopeState.OPEN)
    def open(self):
        self.acts_count += 1

    @transition(state, source=EnvelopeState.OPEN, target=EnvelopeState.OPEN)
    def raise_(self):
        self.acts_count += 1

    @transition(state, source=EnvelopeState.OPEN, target=EnvelopeState.OPEN)
    def lower(self):
        self.acts_count += 1

    @transition(state, source=EnvelopeState.OPEN, target=EnvelopeState.OPEN)
    def carry(self):
        self.acts_count += 1

    @transition(state, source=EnvelopeState.OPEN, target=EnvelopeState.CLOSED)
    def close(self):
        pass

    @transition(state, source=EnvelopeState.CLOSED, target=EnvelopeState.CLOSED)
    def settle(self):
        self.acts_count += 1


class GrantAccount(Balances):
    """One grant's money. Over its life: `paid <= ordered <= certified <= committed <= awarded <= min(requested, ceiling)`, reversed acts left out."""

    reference = models.CharField(_("reference"), max_length=40, unique=True)
    envelope = models.ForeignKey(Envelope, models.PROTECT, related_name="grants", verbose_name=_("envelope"))
    requested_amount = _amount(_("requested"))
    ceiling_amount = _amount(_("ceiling"))
    awarded_amount = _amount(_("awarded"))
    certified_amount = _amount(_("certified over its life"))
    reserved_amount = _amount(_("reserved"))
    committed_amount = _amount(_("committed"))
    ordered_amount = _amount(_("ordered"))
    paid_amount = _amount(_("paid"))
    claimed_amount = _amount(_("claimed"))
    returned_amount = _amount(_("returned"))

    class Meta:
        verbose_name = _("grant account")
        verbose_name_plural = _("grant accounts")
        ordering = ["id"]
        constraints = [
            *(
                models.CheckConstraint(condition=Q(**{f"{name}_amount__gte": 0}), name=f"grant_{name}_positive")
                for name in ("requested", "ceiling", "awarded", "certified", *OF_GRANT)
            ),
            models.CheckConstraint(
                condition=Q(awarded_amount__lte=F("requested_amount")), name="grant_awarded_within_requested"
            ),
            models.CheckConstraint(
                condition=Q(awarded_amount__lte=F("ceiling_amount")), name="grant_awarded_within_ceiling"
            ),
            models.CheckConstraint(condition=Q(awarded_amount__gte=_sum(OF_GRANT)), name="grant_live_within_awarded"),
            models.CheckConstraint(
                condition=Q(certified_amount__lte=_sum(OF_GRANT[1:])), name="grant_certified_within_committed"
            ),
            models.CheckConstraint(
                condition=Q(certified_amount__gte=_sum(OF_GRANT[2:])), name="grant_ordered_within_certified"
            ),
        ]

    def __str__(self):
        return self.reference

    @property
    def paid_total(self) -> int:
        """Cents the bank has paid over the life of the grant, claimed and returned money included (gross)."""
        return self.paid_amount + self.claimed_amount + self.returned_amount

    @property
    def ordered_total(self) -> int:
        return self.ordered_amount + self.paid_total

    @property
    def committed_total(self) -> int:
        return self.committed_amount + self.ordered_total

    @property
    def live_total(self) -> int:
        """The live award: all money of the grant, wherever it stands."""
        return self.reserved_amount + self.committed_total


@append_only
class Entry(models.Model):
    """One act of the journal. `basis` is the public number of its ground; `grant` the reference of its grant, null for acts on envelopes."""

    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    at = models.DateTimeField(_("at"))
    grant = models.CharField(_("grant"), max_length=40, null=True, blank=True)  # noqa: DJ001 (the chain hashes null)
    basis = models.CharField(_("basis"), max_length=60, null=True, blank=True)  # noqa: DJ001 (the same)
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversed_by", verbose_name=_("reverses")
    )

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["grant", "id"], name="entry_grant"),
            models.Index(fields=["basis"], name="entry_basis"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="entry_kind"),
            models.CheckConstraint(
                condition=Q(kind="reversal", reverses__isnull=False) | (~Q(kind="reversal") & Q(reverses__isnull=True)),
                name="entry_reversal",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["open", "lower", "carry"], grant__isnull=True)
                | Q(kind="reversal")
                | (~Q(kind__in=["open", "lower", "carry"]) & Q(grant__isnull=False)),
                name="entry_grant_known",
            ),
        ]

    def __str__(self):
        return f"{self.kind} {self.grant or self.basis or self.pk}"


@append_only
class Posting(models.Model):
    """Cents that arrive at (positive) or leave (negative) an account of an envelope. Those of an entry sum to zero within each envelope."""

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="postings", db_index=False, verbose_name=_("entry"))
    envelope = models.ForeignKey(Envelope, models.PROTECT, related_name="+", db_index=False, verbose_name=_("envelope"))
    account = models.CharField(_("account"), max_length=10, choices=Account.choices)
    cents = models.BigIntegerField(_("cents"))

    class Meta:
        verbose_name = _("posting")
        verbose_name_plural = _("postings")
        ordering = ["entry_id", "envelope_id", "account"]
        indexes = [models.Index(fields=["envelope", "account", "entry"], name="posting_account")]
        constraints = [
            models.UniqueConstraint(fields=["entry", "envelope", "account"], name="posting_once"),
            models.CheckConstraint(condition=~Q(cents=0), name="posting_moves"),
            models.CheckConstraint(condition=Q(account__in=Account.values), name="posting_account_known"),
        ]

    def __str__(self):
        return f"{self.account} {self.cents}"


@append_only
class Seal(models.Model):
    """The public number of an entry and its place in the chain, given when its fact becomes public. `seq` runs from 1 without gaps."""

    seq = models.PositiveBigIntegerField(_("public number"), primary_key=True)
    entry = models.OneToOneField(Entry, models.PROTECT, related_name="seal", verbose_name=_("entry"))
    hash = models.CharField(_("hash"), max_length=64)

    class Meta:
        verbose_name = _("seal")
        verbose_name_plural = _("seals")
        ordering = ["seq"]

    def __str__(self):
        return f"{self.seq} {self.hash[:16]}"


class Unsealed(models.Model):
    """Entries whose fact is not public yet; a row goes when its entry is sealed. Lets public sums be told from the columns without a scan."""

    entry = models.OneToOneField(
        Entry, models.PROTECT, primary_key=True, related_name="unsealed", verbose_name=_("entry")
    )

    class Meta:
        verbose_name = _("entry not yet public")
        verbose_name_plural = _("entries not yet public")

    def __str__(self):
        return str(self.entry_id)


@append_only
class TreeNode(models.Model):
    """Hash of a complete subtree of 2^level leaves of the Merkle tree (levels 4 and up), so that a proof reads a few rows at any size."""

    level = models.PositiveSmallIntegerField(_("level"))
    position = models.PositiveBigIntegerField(_("position"))
    hash = models.CharField(_("hash"), max_length=64)

    class Meta:
        verbose_name = _("node of the tree")
        verbose_name_plural = _("nodes of the tree")
        constraints = [models.UniqueConstraint(fields=["level", "position"], name="tree_node_once")]

    def __str__(self):
        return f"{self.level}/{self.position} {self.hash[:16]}"


class LedgerHead(models.Model):
    """The one row that every sealing locks last: how many entries are public, the head of the chain, the open right edge of the tree."""

    count = models.PositiveBigIntegerField(_("number of public entries"), default=0)
    head = models.CharField(_("head"), max_length=64)
    frontier = models.JSONField(_("roots of the complete subtrees, largest first"), default=list)
    fund = models.CharField(_("fund"), max_length=14)
    opened_on = models.DateField(_("opened on"))

    class Meta:
        verbose_name = _("head of the ledger")
        verbose_name_plural = _("heads of the ledger")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="ledger_head_single")]

    def __str__(self):
        return f"{self.count} {self.head[:16]}"


@append_only
class Checkpoint(models.Model):
    """A signed statement: so many public entries, this head, this root. Stored when made, never computed for a reader."""

    at = models.DateTimeField(_("at"))
    count = models.PositiveBigIntegerField(_("number of public entries"))
    genesis = models.CharField(_("hash of the genesis"), max_length=64)
    head = models.CharField(_("head"), max_length=64)
    root = models.CharField(_("merkle root"), max_length=64)
    key = models.CharField(_("public key"), max_length=64)
    signature = models.CharField(_("signature"), max_length=128)

    class Meta:
        verbose_name = _("checkpoint")
        verbose_name_plural = _("checkpoints")
        ordering = ["id"]
        indexes = [models.Index(fields=["count"], name="checkpoint_count")]

    def __str__(self):
        return f"{self.count} {self.head[:16]}"
