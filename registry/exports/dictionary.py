"""What every column of every table says, for the page of the data, the dictionary and the archive of everything."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable
from datetime import datetime
from tempfile import TemporaryFile

from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from registry.exports import corrections
from registry.exports.cells import csv_lines
from registry.exports.projects import MEANINGS

SCDL = {
    "nomAttribuant": _("name of the fund, or of the funder of an earlier grant"),
    "idAttribuant": _("its SIRET"),
    "dateConvention": _("day both sides had signed the agreement"),
    "referenceDecision": _("reference of the decision"),
    "nomBeneficiaire": _("name of the recipient"),
    "idBeneficiaire": _("SIRET of the recipient; empty when it has none"),
    "rnaBeneficiaire": _("RNA number; empty when it has none, or one with letters, which the standard refuses"),
    "objet": _("purpose, 256 characters at most"),
    "montant": _("euros of the whole grant, before it is shared between recipients"),
    "nature": _("in cash or in kind"),
    "conditionsVersement": _("paid at once or in instalments"),
    "datesPeriodeVersement": _("day of payment, or first and last day"),
    "idRAE": _("number in the register of State aid; empty outside of it"),
    "notificationUE": _("whether the aid was notified to the European Commission: oui or non"),
    "pourcentageSubvention": _("share of this recipient, above 0 and up to 1; multiply the amount by it before adding"),
    "dispositifAide": _("call for projects or scheme"),
}
CALLS = {
    "call": _("address of the call"),
    "title": _("title of the call"),
    "filed": _("applications filed: the sum of the five ends"),
    "reviewed": _("applications judged by the panel: funded, on the reserve list and not funded"),
    "funded": _("funded by the panel, at first"),
    "reserve": _("put on the reserve list, at first"),
    "rejected": _("not funded"),
    "ineligible": _("refused without being judged"),
    "left": _("withdrawn, or closed without a decision of the panel"),
    "funded_from_reserve": _("funded later, from the reserve list or after an appeal"),
    "requested_amount": _("euros asked for by all; empty when it would tell one file"),
    "funded_requested_amount": _("euros asked for by the projects the panel funded"),
    "awarded_amount": _("euros awarded, later awards and those not taken up included"),
    "median_days": _(
        "days from the closing of the call to the notification: half took no longer; empty for fewer than three"
    ),
    "unfunded_score_0_1 … unfunded_score_4_5": _(
        "scores of what was not funded, by band; a count of one or two is <3, one held back is withheld"
    ),
    "decision_count": _("files judged whose time to the decision is measured; empty when it is not told"),
    "decision_median_days": _("days from filing to the notified decision: half took no longer"),
    "decision_ninth_days": _("the same: nine in ten took no longer"),
    "settlement_count": _("payments booked by the bank"),
    "settlement_median_days": _(
        "days from the payment order to the bank’s value date: half took no longer; empty without a payment"
    ),
    "settlement_ninth_days": _("the same: nine in ten took no longer"),
    "first_payment_count": _("grants paid a first time"),
    "first_payment_median_days": _(
        "days from the second signature to the first payment: half took no longer; empty without a payment"
    ),
    "first_payment_ninth_days": _("the same: nine in ten took no longer"),
}
LEDGER = {
    "seq": _("public number of the entry"),
    "hash": _("its hash, which rests on the one before"),
    "at": _("instant of the act, UTC"),
    "kind": _("what happened: open, reserve, commit, order, pay…"),
    "grant": _("reference of the grant; empty for what concerns an envelope alone"),
    "basis": _("the act it rests on: decision, agreement, instalment, claim"),
    "reverses": _("number of the entry it reverses; empty when it reverses none"),
    "envelope": _("envelope of the movement"),
    "account": _("account of the movement: free, reserved, committed, ordered, paid, claimed, returned, source"),
    "amount": _("euros that come in, or go out when negative; the lines of an entry sum to zero"),
}
TABLES = {
    "projets.csv": MEANINGS,
    "subventions-scdl.csv": SCDL,
    "appels.csv": CALLS,
    "comptes.csv": LEDGER,
    "corrections.csv": corrections.MEANINGS,
}
"""Columns of each table and what they hold, in their order."""
README = """Données ouvertes de {fund}, au {day}.

Chaque fichier de cette archive est aussi à son adresse, à jour : {address}
Elle les contient tous : les mêmes aides dans plusieurs formats (SCDL, 360Giving, CSV, JSON, classeur), ce que sont devenus les dossiers
de chaque appel, le journal des corrections, les comptes avec leurs points de contrôle signés et la clé, le catalogue, le fil des
nouveautés, les programmes de vérification. N’y est pas ce qui se demande pièce par pièce : l’API et CommonGrants (les mêmes aides),
la preuve de chaque écriture (verify_ledger.py les refait toutes).
Le sens de chaque colonne est dans dictionnaire.csv. Une case vide veut dire « on ne le sait pas » ou « ne s’applique pas » ; 0 veut dire zéro.
Pour vérifier les comptes : python verify_ledger.py comptes.jsonl checkpoints.jsonl
Pour recalculer les notes : python recompute_scores.py projets.json
Licence Ouverte 2.0 : citez la source et la date. Les personnes nommées l’ont accepté et peuvent revenir sur leur accord :
reprenez l’archive avant de republier un nom.
"""


def lines():
    """`dictionnaire.csv`, in French as the files."""
    with override("fr"):
        rows = [(file, name, str(said)) for file, columns in TABLES.items() for name, said in columns.items()]
    yield from csv_lines([("fichier", "colonne", "contenu"), *rows])


def archive(members: Iterable[tuple[str, Callable[[], Iterable[str | bytes]]]], modified_at: datetime):
    """A zip of these files, in pieces, through the disk; its bytes depend on theirs and on `modified_at` alone."""
    day = (max(1980, modified_at.year), *modified_at.timetuple()[1:6])
    with TemporaryFile() as kept:
        with zipfile.ZipFile(kept, "w") as book:
            for name, make in members:
                entry = zipfile.ZipInfo(name, day)
                entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
                with book.open(entry, "w", force_zip64=True) as place:
                    for part in make():
                        place.write(part.encode() if isinstance(part, str) else part)
        kept.seek(0)
        while block := kept.read(65_536):
            yield block
