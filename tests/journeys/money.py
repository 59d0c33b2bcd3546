"""The money's part of a journey: offered, accepted, signed by both sides, paid by three people through the bank's files, reported, completed."""

from __future__ import annotations

from lxml import etree

from tests.environment import ROOT
from tests.factories import payments as make
from tests.journeys import writing
from tests.journeys.people import Person

ISO = ROOT / "tests" / "data" / "iso20022"


def is_offered(officer: Person) -> None:
    officer.goes("/instruction/conventions/").picks_all("decision").sends()


def accepts(applicant: Person, reference: str, *, holder: str, iban: str) -> None:
    applicant.goes(f"/dossiers/{reference}/convention/accepter/")
    applicant.sends({"signatory_capacity": "présidente", "terms": True})
    applicant.goes(f"/dossiers/{reference}/compte/").sends(
        {"holder": holder, "iban": iban, "proof": writing.paper("rib")}
    )


def is_signed(applicant: Person, payer: Person, orderer: Person, reference: str) -> None:
    """The payer approves the account (the second key), the bearer signs, the fund signs last."""
    payer.goes("/paiements/comptes/").opens("/paiements/comptes/")
    payer.does("approve")
    applicant.signs_in_again().goes(f"/dossiers/{reference}/convention/signer/").sends({"read": True})
    orderer.signs_in_again().goes(f"/paiements/conventions/{reference}/").sends({"read": True})


def is_paid(officer: Person, orderer: Person, payer: Person, calendar) -> bytes:
    """Certified, ordered and put in the bank's file by three people; the bank's statement settles it. Returns the pain.001 file."""
    officer.goes("/instruction/versements/").picks_all("instalment").sends()
    orderer.goes("/paiements/").does("order")
    payer.goes("/paiements/").does("gather")
    here = payer.page.url.removeprefix(payer.stage.address)
    payer.picks_all("freeze-controls").does("freeze", {"schema": "pain.001.001.09"})
    payer.goes(here).does("export")
    file = payer.context.request.get(f"{payer.stage.address}{here}fichier/", timeout=60_000)
    assert file.ok, file.status
    tree = etree.fromstring(file.body())
    namespace = etree.QName(tree).namespace
    etree.XMLSchema(etree.parse(str(ISO / f"{namespace.rpartition(':')[2]}.xsd"))).assertValid(tree)
    movements = [
        make.Movement(one.findtext(".//{*}EndToEndId"), round(float(one.findtext(".//{*}InstdAmt")) * 100))
        for one in tree.iterfind(".//{*}CdtTrfTxInf")
    ]
    account = tree.findtext(".//{*}DbtrAcct/{*}Id/{*}IBAN")
    calendar.later(days=2)
    statement = {"name": "releve.xml", "mimeType": "application/xml", "buffer": make.camt053(movements, iban=account)}
    payer.goes("/paiements/releves/").sends({"file": statement})
    return file.body()


def reports(applicant: Person, officer: Person, reference: str) -> None:
    """The final report: what was done, and what was spent against the budget, the gap explained."""
    applicant.goes(f"/dossiers/{reference}/comptes-rendus/").opens("/comptes-rendus/")
    applicant.does("start")
    applicant.does("attach", {"file": writing.paper("facture")})
    lines = applicant.page.locator('main input[name$="-actual_amount"][name^="line-"]')
    spent = ("13 200,00", "5 000,00")
    for box, amount in zip(lines.all(), spent, strict=True):
        box.fill(amount)
    applicant.fills(
        {
            "done": "Douze ateliers, vingt-quatre lettres.",
            "results": "Un appel sur cinq évité.",
            "partnership": "Deux agents, une demi-journée par quinzaine.",
            "learnt": "Lire à voix haute change tout.",
            "adoption": "yes",
            "repository_url": "https://forge.example/lettres",
            "licence": "CC-BY-4.0",
            "line-1-explanation": "Imprimé moins cher que prévu.",
        }
    )
    applicant.press_act("submit")
    officer.goes("/instruction/comptes-rendus/").opens("/comptes-rendus/")
    officer.does("accept")
