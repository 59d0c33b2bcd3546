"""Earlier grants told apart: which rows of a file are new, which are there already, which correct one that is there."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from fund.models import FundIdentity
from registry.models import PastGrant

FACTS = (
    "funder_name",
    "funder_siret",
    "agreed_on",
    "decision_reference",
    "recipient_name",
    "recipient_siret",
    "recipient_rna",
    "purpose",
    "amount",
    "nature",
    "conditions",
    "paid_from_on",
    "paid_until_on",
    "rae",
    "eu_notified",
    "share",
    "scheme",
)
"""What a row says."""

Row = tuple[int, PastGrant]
"""A right row of a file: its number, and the grant it tells."""


@dataclass(frozen=True)
class Correction:
    """A row that says of a grant already there something else than the registry does; `after` is the whole grant once corrected."""

    number: int
    grant: PastGrant
    before: dict
    after: dict

    @property
    def changes(self) -> list[tuple[str, object, object]]:
        """Fields with what they held and what they will."""
        return [(name, self.before[name], self.after[name]) for name in FACTS if self.before[name] != self.after[name]]


@dataclass
class Comparison:
    new: list[PastGrant] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)
    unchanged: int = 0
    repeated: list[tuple[int, int]] = field(default_factory=list)
    """Rows that say the same as an earlier one of the file: their number and the earlier one's."""


def facts_of(grant: PastGrant) -> dict:
    return {name: getattr(grant, name) for name in FACTS}


def written(facts: dict) -> dict:
    """What a grant says, as JSON keeps it."""
    return {
        name: value if value is None or isinstance(value, bool | int) else str(value) for name, value in facts.items()
    }


def read(facts: dict) -> dict:
    """The same, as a grant holds it."""
    fields = {field.name: field for field in PastGrant._meta.concrete_fields}
    return {name: None if value is None else fields[name].to_python(value) for name, value in facts.items()}


def identity_of(grant: PastGrant) -> str:
    """Who gave, to whom, when, by which decision and for what: what makes it the same grant when its amount or another cell is corrected."""
    recipient = grant.recipient_siret or grant.recipient_rna
    said = grant.funder_siret, grant.agreed_on, _bare(grant.decision_reference), recipient, _bare(grant.purpose)
    return hashlib.sha256("|".join(map(str, said)).encode()).hexdigest()


def key_of(identity: str, nth: int) -> str:
    """The public key of the nth grant of one identity; it stays when the grant is corrected."""
    return hashlib.sha256(f"{identity}|{nth}".encode()).hexdigest()


def stored(identities: Iterable[str]) -> dict[str, list[PastGrant]]:
    """Grants of the registry by identity, oldest first."""
    wanted, found = sorted(set(identities)), defaultdict(list)
    for start in range(0, len(wanted), 500):
        for grant in PastGrant.objects.filter(identity__in=wanted[start : start + 500]).order_by("pk"):
            found[grant.identity].append(grant)
    return found


def compare(rows: Sequence[Row]) -> Comparison:
    """Rows of a file against the registry. What a file does not say does not erase what the registry knows."""
    groups: dict[str, dict[tuple, Row]] = defaultdict(dict)
    result = Comparison()
    for number, grant in rows:
        grant.identity = identity_of(grant)
        said = tuple(facts_of(grant).values())
        if first := groups[grant.identity].get(said):
            result.repeated.append((number, first[0]))
        else:
            groups[grant.identity][said] = number, grant
    there = stored(groups)
    for identity, found in groups.items():
        _pair(list(found.values()), there.get(identity, []), result)
    result.corrections.sort(key=lambda correction: correction.number)
    return result


def _pair(rows: list[Row], there: list[PastGrant], result: Comparison) -> None:
    """Rows that say what a grant holds are that grant; the others correct, in order, those that are left; the rest is new."""
    left, others = list(there), []
    for number, row in rows:
        same = next((grant for grant in left if _merged(grant, row) == facts_of(grant)), None)
        if same is None:
            others.append((number, row))
        else:
            left.remove(same)
            result.unchanged += 1
    for nth, (number, row) in enumerate(others):
        if nth < len(left):
            grant = left[nth]
            result.corrections.append(Correction(number, grant, facts_of(grant), _merged(grant, row)))
        else:
            result.new.append(row)


def _merged(grant: PastGrant, row: PastGrant) -> dict:
    """What the grant holds once the row has spoken: an empty cell changes nothing."""
    known = facts_of(grant)
    return known | {name: value for name, value in facts_of(row).items() if value not in (None, "")}


def _bare(text: str) -> str:
    """A text without accents, case, marks and spaces."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", text.casefold()) if letter.isalnum())


def awards_of(siren: str, first: date, last: date) -> list[tuple[date, int, str]]:
    """What the fund itself gave an organisation between two days, before this software: day, cents, name."""
    rows = PastGrant.objects.filter(
        funder_siret=FundIdentity.current().siret, recipient_siret__startswith=siren, agreed_on__range=(first, last)
    ).order_by("agreed_on", "pk")
    return [(one.agreed_on, one.shared_amount, one.decision_reference or one.purpose[:60]) for one in rows]
