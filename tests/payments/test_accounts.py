"""Account numbers and bank codes: what a bank would send back is refused before any payment is ordered, and again before the file is made."""

from datetime import date, datetime

import pytest

from core.transitions import Refusal
from payments import pain001
from payments.iban import checked, checked_bic
from tests.factories import payments as make

FR = "FR7630006000011234567890189"
MC = "MC5810096180790123456789085"
GB = "GB33BUKB20201555555555"
CH = "CH9300762011623852957"
DE = "DE89370400440532013000"
SM = "SM76P0854009812123456789123"


@pytest.mark.parametrize(
    ("iban", "bic"),
    [
        (FR, ""),
        (FR, "AGRIFRPP"),
        (FR, "BNPAGPGXXXX"),
        (FR, "BNPAREREXXX"),
        (FR, "BNPANCNXXXX"),
        (FR, "SOGEPFPPXXX"),
        (MC, "CFMOMCMXXXX"),
        (MC, "CMCIFR2AXXX"),
        (GB, "BUKBGB22"),
        (GB, "RBOSJESXXXX"),
        (GB, "RBOSGGSXXXX"),
        (GB, "RBOSIMDXXXX"),
        (CH, "UBSWCHZH80A"),
        (DE, ""),
        (DE, "COBADEFFXXX"),
    ],
)
def test_a_bank_code_goes_with_its_account(iban, bic):
    assert checked_bic(bic, checked(iban)) == bic


@pytest.mark.parametrize(
    ("iban", "bic", "code"),
    [
        (FR, "COBADEFFXXX", "bic_of_another_country"),
        (FR, "CFMOMCMXXXX", "bic_of_another_country"),
        (DE, "AGRIFRPP", "bic_of_another_country"),
        (CH, "AGRIFRPP", "bic_of_another_country"),
        (FR, "AGRI", "bic_invalid"),
        (GB, "", "bic_missing"),
        (CH, " ", "bic_missing"),
        (MC, "", "bic_missing"),
        (SM, "", "bic_missing"),
    ],
)
def test_a_bank_code_of_elsewhere_or_missing_is_refused(iban, bic, code):
    with pytest.raises(Refusal) as caught:
        checked_bic(bic, checked(iban))
    assert (caught.value.code, caught.value.field) == (code, "bic") and caught.value.remedy


def file_of(iban=FR, bic="", debtor=make.FUND_IBAN, name="Association"):
    transfer = pain001.Transfer("FP-1-1-1", name, iban, 100, "FP-1 versement 1", bic)
    return pain001.FrozenBatch(
        "L-1", datetime(2026, 1, 2), date(2026, 1, 5), pain001.Debtor("Fonds", debtor), (transfer,)
    )


@pytest.mark.parametrize(
    "wrong", [{"iban": "FR00BAD"}, {"iban": ""}, {"debtor": FR[:-1] + "0"}, {"bic": "COBADEFFXXX"}, {"iban": GB}]
)
def test_no_file_is_made_with_an_account_that_banks_refuse(wrong):
    with pytest.raises(pain001.InvalidFile) as caught:
        pain001.build(file_of(**wrong))
    assert len(caught.value.errors) == 1 and FR not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("Association n° 3", "Association no 3"),
        ("N°5", "No5"),
        ("№ 7", "No 7"),
        ("Cœur & « Œuvre »", "Coeur + OEuvre"),
        ("L’été — 100 €", "L'ete - 100 EUR"),
        ("Ateliers · Lyon • 2ᵉ", "Ateliers - Lyon - 2e"),
        ("a_b@c…", "a-b(at)c..."),
    ],
)
def test_signs_are_sent_as_a_reader_would_write_them(text, sent):
    assert pain001.sepa_text(text, 70) == sent
    assert sent.encode() in pain001.build(file_of(name=text))
