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


def accepts(applicant: Person, reference: str) -> None:
    applicant.goes(f"/dossiers/{reference}/convention/accepter/")
    applicant.sends({"signatory_capacity": "présidente", "terms": True})


def gives_account(applicant: Person, reference: str, *, holder: str, iban: str) -> None:
    applicant.goes(f"/dossiers/{reference}/compte/").sends(
        {"holder": holder, "iban": iban, "proof": writing.paper("rib")}
    )


def verifies_account(payer: Person) -> None:
    """The second key of the account given by the recipient."""
    payer.goes("/paiements/comptes/").opens("/paiements/comptes/")
    payer.does("approve")


def signs_for_bearer(applicant: Person, reference: str) -> None:
    applicant.goes(f"/dossiers/{reference}/convention/signer/").sends({"read": True})


def signs_for_fund(orderer: Person, reference: str) -> None:
    orderer.goes(f"/paiements/conventions/{reference}/").sends({"read": True})


def certifies(officer: Person) -> None:
    officer.goes("/instruction/versements/").picks_all("instalment").sends()


def orders(orderer: Person) -> None:
    orderer.goes("/paiements/").picks_all("instalment").does("order")


def gathers(payer: Person) -> str:
    """The payments ordered, in a batch; returns its address."""
    payer.goes("/paiements/").picks_all("instalment").does("gather")
    return payer.page.url.removeprefix(payer.stage.address)


def freezes(payer: Person, batch: str) -> None:
    payer.goes(batch).picks_all("freeze-controls").does("freeze", {"schema": "pain.001.001.09"})


def exports(payer: Person, batch: str) -> bytes:
    """The bank's file, produced and taken away; it keeps to the standard."""
    payer.goes(batch).does("export")
    file = payer.context.request.get(f"{payer.stage.address}{batch}fichier/", timeout=60_000)
    assert file.ok, file.status
    tree = etree.fromstring(file.body())
    namespace = etree.QName(tree).namespace
    etree.XMLSchema(etree.parse(str(ISO / f"{namespace.rpartition(':')[2]}.xsd"))).assertValid(tree)
    return file.body()


def statement_of(file: bytes) -> dict:
    """What the bank answers once it has paid every transfer of this file."""
    tree = etree.fromstring(file)
    movements = [
        make.Movement(one.findtext(".//{*}EndToEndId"), round(float(one.findtext(".//{*}InstdAmt")) * 100))
        for one in tree.iterfind(".//{*}CdtTrfTxInf")
    ]
    account = tree.findtext(".//{*}DbtrAcct/{*}Id/{*}IBAN")
    return {
        "name": "releve.xml",
        "mimeType": "application/xml",
        "buffer": make.camt053(movements, iban=account),
    }


def imports(payer: Person, statement: dict) -> None:
    payer.goes("/paiements/releves/").sends({"file": statement})


def is_signed(applicant: Person, payer: Person, orderer: Person, reference: str) -> None:
    """The payer approves the account, the bearer signs, the fund signs last."""
    verifies_account(payer)
    signs_for_bearer(applicant.signs_in_again(), reference)
    signs_for_fund(orderer.signs_in_again(), reference)


def is_paid(officer: Person, orderer: Person, payer: Person, calendar) -> bytes:
    """Certified, ordered and put in the bank's file by three people; the bank's statement settles it. Returns the pain.001 file."""
    certifies(officer)
    orders(orderer)
    batch = gathers(payer)
    freezes(payer, batch)
    file = exports(payer, batch)
    calendar.later(days=2)
    imports(payer, statement_of(file))
    return file


def reports(applicant: Person, reference: str) -> None:
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


def accepts_report(officer: Person) -> None:
    officer.goes("/instruction/comptes-rendus/").opens("/comptes-rendus/")
    officer.does("accept")
