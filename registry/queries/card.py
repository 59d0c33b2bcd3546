"""What every public file says of the fund itself."""

from __future__ import annotations

from dataclasses import dataclass

from core.links import absolute
from fund.models import FundIdentity


@dataclass(frozen=True)
class FundCard:
    name: str
    legal_name: str
    tagline: str
    siret: str
    website: str
    data_url: str
    corrections_url: str


def fund_card() -> FundCard:
    fund = FundIdentity.current()
    return FundCard(
        fund.name,
        fund.legal_name,
        fund.tagline,
        fund.siret,
        fund.website or absolute("/"),
        absolute("/donnees/"),
        absolute("/corrections/"),
    )
