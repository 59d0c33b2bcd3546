"""Envelopes: prepared by the authorising officer, then every move of money by two keys (he proposes, a co-president approves)."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.transitions import TwoKey, verb
from fund import ledger
from fund.models import Envelope
from fund.models.ledger import EnvelopeState
from fund.people import authorising_officer, co_president
from fund.rules import envelopes as rules


def _two_keys(title) -> TwoKey:
    return TwoKey(
        proposes=(authorising_officer,), approves=(co_president,), title=lambda envelope: title % {"envelope": envelope}
    )


def _lock_all(envelope) -> None:
    """Envelopes by id before the one the act is about, for money may be carried to any of them."""
    ledger.lock(Envelope.objects.exclude(state=EnvelopeState.DRAFT).values_list("pk", flat=True))


def _post(act, envelope, kind: str, amount: int, **more) -> None:
    envelope.save()  # state and number of acts first: the columns of a draft stay empty by a CHECK
    ledger.post(
        kind,
        at=act.at,
        envelope=envelope,
        amount=amount,
        basis=f"{envelope.reference}/{envelope.acts_count}",
        actor=act.actor,
        **more,
    )
    act.note(amount=amount)


@verb(
    machine=Envelope,
    label=_("prepare an envelope"),
    who=(authorising_officer,),
    creates="draft",
    on="year",
    guards=(rules.label_given, rules.year_is_near),
)
def create(act, year, *, label):
    """A draft, without money: `create(year=2027, label=…, actor=…, at=…)`. Its reference is E-<year>-<number>."""
    number = Envelope.objects.filter(year=year).count()
    while True:
        number += 1
        try:
            with transaction.atomic():
                return Envelope.objects.create(
                    reference=f"E-{year}-{number}", label=label.strip()[:120], year=year, created_at=act.at
                )
        except IntegrityError:
            if not Envelope.objects.filter(reference=f"E-{year}-{number}").exists():
                raise


@verb(
    machine=Envelope,
    label=pgettext_lazy("envelope", "open the envelope"),
    who=(authorising_officer,),
    guards=(rules.amount_given, rules.fund_is_named),
    ledger=("open",),
    two_key=_two_keys(pgettext_lazy("envelope", "Open the envelope %(envelope)s")),
    lock=_lock_all,
)
def open(act, envelope, *, amount):  # noqa: A001  the verb of the workflow
    """The authority opens `amount` cents."""
    envelope.open()
    _post(act, envelope, "open", amount)


@verb(
    machine=Envelope,
    label=_("raise the envelope"),
    who=(authorising_officer,),
    guards=(rules.amount_given, rules.reason_given),
    ledger=("open",),
    two_key=_two_keys(_("Raise the envelope %(envelope)s")),
    lock=_lock_all,
)
def raise_(act, envelope, *, amount, reason):
    """Open `amount` cents more; the reason is the ground (new money, or money that came back)."""
    act.because(reason)
    envelope.raise_()
    _post(act, envelope, "open", amount)


@verb(
    machine=Envelope,
    label=_("lower the envelope"),
    who=(authorising_officer,),
    guards=(rules.amount_given, rules.enough_free, rules.reason_given),
    ledger=("lower",),
    two_key=_two_keys(_("Lower the envelope %(envelope)s")),
    danger=True,
    lock=_lock_all,
)
def lower(act, envelope, *, amount, reason):
    """Give `amount` free cents back to the authority."""
    act.because(reason)
    envelope.lower()
    _post(act, envelope, "lower", amount)


@verb(
    machine=Envelope,
    label=_("carry money to another envelope"),
    who=(authorising_officer,),
    guards=(rules.amount_given, rules.enough_free, rules.other_envelope_open, rules.reason_given),
    ledger=("carry",),
    two_key=_two_keys(_("Carry money of the envelope %(envelope)s")),
    lock=_lock_all,
)
def carry(act, envelope, *, amount, to, reason):
    """Move `amount` free cents to the open envelope whose reference is `to`."""
    act.because(reason)
    act.note(to=to)
    envelope.carry()
    _post(act, envelope, "carry", amount, to_envelope=Envelope.objects.get(reference=to))


@verb(
    machine=Envelope,
    label=pgettext_lazy("envelope", "close the envelope"),
    who=(authorising_officer,),
    guards=(rules.nothing_free, rules.no_live_call),
    two_key=_two_keys(pgettext_lazy("envelope", "Close the envelope %(envelope)s")),
    danger=True,
    lock=_lock_all,
)
def close(act, envelope):
    """Nothing more is awarded from it; what is reserved or committed stays where it is until paid or released."""
    envelope.close()


@verb(
    machine=Envelope,
    label=_("give released money back"),
    who=(authorising_officer,),
    guards=(rules.amount_given, rules.enough_free),
    ledger=("lower",),
    two_key=_two_keys(_("Give released money of the envelope %(envelope)s back")),
    lock=_lock_all,
)
def settle(act, envelope, *, amount):
    """Money released after closing goes back to the authority."""
    envelope.settle()
    _post(act, envelope, "lower", amount)
