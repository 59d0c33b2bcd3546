"""Who the fund is: changed by an administrator and a co-president."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core import two_key
from core.models import TwoKeyAct
from core.transitions import TwoKey, verb
from fund.models import FundIdentity
from fund.people import administrator, co_president
from fund.rules import identity as rules


@verb(
    machine=FundIdentity,
    label=_("change the fund’s identity"),
    who=(administrator,),
    guards=(rules.changes_are_sound,),
    two_key=TwoKey(
        proposes=(administrator,), approves=(co_president,), title=lambda identity: _("Change the fund’s identity")
    ),
)
def change(act, identity, *, changes):
    """`changes` by name of fact; the IBAN may come sealed (`propose_change`). The event names the facts, never their values."""
    values = {name: value for name, value in rules.read(changes).items() if getattr(identity, name) != value}
    act.note(fields=sorted(values))
    identity.change(values, act.at)


def propose_change(changes: dict, *, actor, at) -> TwoKeyAct:
    """First key: the row of the fund is made if there is none, the IBAN is sealed, days become text."""
    identity, _made = FundIdentity.objects.get_or_create(id=1, defaults={"name": FundIdentity.current().name})
    plain = {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in changes.items()}
    return two_key.propose(change.verb, identity, actor=actor, at=at, params={"changes": rules.seal(plain)})
