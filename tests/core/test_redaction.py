"""What is taken out of public texts, and what is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.redaction import HIDDEN, redacted
from tests.factories.payments import fictional_iban


@pytest.mark.parametrize(
    "secret",
    [
        "jeanne.roux@exemple.org", "JEANNE+civic@sous.domaine.exemple.fr", "mailto:jeanne@exemple.org", "élise@exemple.fr",
        "jeanne [at] exemple.org", "jeanne (arobase) exemple (point) org", "jeanne＠exemple.org",
        "06 12 34 56 78", "06.12.34.56.78", "0612345678", "06-12-34-56-78", "01\u00a042\u00a034\u00a056\u00a078",
        "+33 6 12 34 56 78", "+33612345678", "+33 (0)6 12 34 56 78", "0033 6 12 34 56 78", "+32 475 12 34 56", "+596 596 12 34 56",
        "FR7630006000011234567890189", "FR76 3000 6000 0112 3456 7890 189", "fr76 3000 6000 0112 3456 7890 189",
        "FR76 3000 6000 0112 3456 7890 188", "DE89 3704 0044 0532 0130 00", "BE68-5390-0754-7034", "30006 00001 12345678901 89",
    ],
)  # fmt: skip
@pytest.mark.parametrize("around", ["{}", "Écrire à {}.", "({})", "voir {}, merci", "{}\n", "compte :{};"])
def test_contacts_and_accounts_go(secret, around):
    assert redacted(around.format(secret)) == around.format(HIDDEN)


@pytest.mark.parametrize(
    "text",
    [
        "", "Un essai de 18 500,00 € sur 12 mois, du 01/02/2024 au 31/12/2024 12 h.", "SIRET 552 100 554 00013", "SIREN 552100554",
        "FP-2026-4T8RWZ2M", "W751234567", "Article L. 1611-4, loi n° 2000-321 du 12 avril 2000, art. 10", "le 06/12/2026 à 10 h 30",
        "https://exemple.org/depot/2024", "moitié-moitié @ l’atelier", "Décision D-2026-00000012", "10 000 000 € et 20 000 000 €",
        "Norme ISO 27001 et WCAG 2.2, RGAA 4.1.2", "48.8566, 2.3522", "2026-11-26T23:41:29",
    ],
)  # fmt: skip
def test_everything_else_stays(text):
    assert redacted(text) == text


@given(
    number=st.integers(1, 10**11 - 1),
    gap=st.sampled_from(["", " ", ".", "-", "\u00a0", "\u202f"]),
    step=st.integers(1, 6),
)
def test_no_french_account_passes_however_it_is_cut(number, gap, step):
    iban = fictional_iban(number)
    typed = gap.join(iban[start : start + step] for start in range(0, len(iban), step))
    assert redacted(f"Compte {typed} au nom du collectif") == f"Compte {HIDDEN} au nom du collectif"


@given(st.text(max_size=200))
def test_clearing_twice_changes_nothing_more(text):
    once = redacted(text)
    assert redacted(once) == once
