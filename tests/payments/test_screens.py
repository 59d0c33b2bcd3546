"""Every page of the file and of its money in a real browser, with real data: axe finds nothing, nothing scrolls sideways at 360 px."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from applications.transitions import partnerships
from fund.enums import Role
from payments.models import PaperPage, PaperScan, StatementLine
from payments.transitions import bank_table
from tests.factories import applications as files
from tests.factories import ledger as books
from tests.factories import payments as make
from tests.factories.fund import CallFactory, person_with
from tests.journeys.people import Stage

pytestmark = [pytest.mark.screens, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def stage(browser, live_server):
    return Stage(browser, live_server.url)


def enters(stage, as_user, user):
    """A browser that already holds this person's session."""
    person = stage.person(str(user))
    cookie = as_user(user).cookies[settings.SESSION_COOKIE_NAME].value
    person.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": stage.address}])
    return person


def looked_at(stage, as_user, rounds) -> None:
    for user, paths in rounds:
        person = enters(stage, as_user, user)
        for path in paths:
            person.goes(path)
    assert stage.faults == []


def test_the_pages_of_the_file(stage, as_user):
    at = timezone.now()
    officer = person_with(Role.CASE_OFFICER, name="Zoé Astruc")
    draft = files.ready_draft(at, applicant_kind="collective")
    empty = files.ApplicationFactory(content={}, created_at=at, lead=draft.lead)
    filed, asked = files.filed(at), files.filed(at)
    files.put_in_state(asked, "information_requested", at)
    invited = partnerships.invite(
        application=draft,
        actor=draft.lead,
        at=at,
        organisation_name="Mairie de Nevers",
        agent_name="Delphine Wattrelos",
        agent_email="delphine@mairie.example",
        message="Comme convenu.",
    )
    base = f"/dossiers/{draft.reference}"
    sections = ("applicant", "project", "partnership", "budget", "openness", "documents", "statements")
    looked_at(
        stage,
        as_user,
        [
            (
                draft.lead,
                [
                    "/mes-dossiers/",
                    f"/appels/{CallFactory(state='published').slug}/candidater/",
                    *(f"{base}/ecrire/{code}/" for code in sections),
                    *(f"{base}/{name}/" for name in ("equipe", "partenaires", "pieces", "verifier", "lire", "retirer")),
                    f"/dossiers/{empty.reference}/verifier/",
                    f"/dossiers/{empty.reference}/ecrire/budget/",
                    f"/partenariat/{invited.link_token}/",
                ],
            ),
            (asked.lead, [f"/dossiers/{asked.reference}/complements/", f"/dossiers/{asked.reference}/lire/"]),
            (
                officer,
                [
                    "/instruction/dossiers/",
                    "/instruction/dossiers/codes/",
                    f"/instruction/dossiers/{filed.reference}/",
                    f"/instruction/dossiers/{filed.reference}/complements/",
                    f"/instruction/dossiers/{asked.reference}/",
                ],
            ),
            (person_with(Role.AUDITOR), [f"/instruction/dossiers/{filed.reference}/"]),
        ],
    )


def test_the_pages_of_the_money(stage, as_user):
    at = timezone.now()
    people = make.People()
    call = CallFactory(state="decided", envelope=books.envelope(50_000_000, at=at), opens_at=at - timedelta(days=200))

    def award():
        return make.notified_award(1_850_000, at=at, call=call)

    awaited, offered = award(), make.offered(people, decision=award(), at=at)
    accepted = make.accepted(people, decision=award(), at=at)
    given = make.give_account(accepted, at=at)
    to_sign = make.to_sign(people, decision=award(), at=at)
    due = make.signed(people, decision=award(), at=at)
    ordered = make.signed(people, decision=award(), at=at)
    make.ordered(people, make.first_of(ordered), at=at)
    sent = make.signed(people, decision=award(), at=at)
    make.at_the_bank(people, make.first_of(sent), at=at)
    paid = make.signed(people, decision=award(), at=at)
    make.paid(people, make.first_of(paid), at=at)
    asked = make.asked(
        due,
        at=at,
        new_ends_on=due.ends_on + timedelta(days=30),
        changes=make.FEWER,
    )
    approved = make.approved_amendment(people, ordered, at=at, new_amount=1_800_000)
    final = make.filed_report(paid, at=at, spent={1: 1_000_000})
    claim = make.claimed(people, paid, 100_000, at=at)
    make.given_back(people, "remboursement", 40_000, at=at)
    make.import_bytes(people, make.camt053([make.Movement("INCONNU", 4_200)]), at=at)
    proposed = make.signed(people, decision=award(), at=at)
    make.paid(people, make.first_of(proposed), at=at)
    wish = make.proposed(people, proposed, 250_000, at=at)
    lines = list(StatementLine.objects.filter(state="to_check").values_list("pk", flat=True))
    lot = make.first_of(sent).batch_lines.get(live=True).batch
    statement = StatementLine.objects.get(pk=lines[0]).statement
    draft_report = paid.reports.get()
    columns = bank_table.keep(
        content=b"Date;Montant;Motif\n24/11/2026;-4,20;Frais", name="a.csv", actor=people.payer, at=at
    )

    scan = PaperScan.objects.create(
        name="lot.pdf",
        file=make.pdf_proof(),
        sha256="a" * 64,
        content_type="application/pdf",
        size=1,
        pages_count=1,
        done=1,
        by=people.officer,
        at=at,
        clean_at=at,
        finished_at=at,
    )
    strange = PaperPage.objects.create(scan=scan, position=1, finding="no_code")
    PaperPage.objects.create(
        scan=scan, position=2, finding="filed", original=to_sign.document, number=1, count=2
    )  # its second page is missing

    def of(row, *names):
        return [f"/dossiers/{row.reference}/{name}" for name in names]

    looked_at(
        stage,
        as_user,
        [
            (offered.application.lead, of(offered, "convention/", "convention/accepter/", "convention/renoncer/")),
            (accepted.application.lead, of(accepted, "convention/", "compte/")),
            (to_sign.signatory, of(to_sign, "convention/", "convention/signer/")),
            (
                due.signatory,
                of(due, "convention/", "compte/", "comptes-rendus/", f"comptes-rendus/{due.reports.get().pk}/")
                + of(due, "avenants/", f"avenants/{asked.number}/"),
            ),
            (ordered.signatory, of(ordered, "convention/", f"avenants/{approved.number}/")),
            (
                paid.signatory,
                of(paid, "convention/", f"comptes-rendus/{draft_report.pk}/", f"reversements/{claim.pk}/")
                + of(paid, "convention/tresorerie/", "convention/chiffres/"),
            ),
            (proposed.signatory, of(proposed, f"reversements/{wish.pk}/")),
            (
                people.officer,
                [
                    "/instruction/conventions/",
                    f"/instruction/conventions/{paid.reference}/",
                    f"/instruction/conventions/{offered.reference}/",
                    f"/instruction/conventions/{sent.reference}/reversement/",
                    "/instruction/versements/",
                    f"/instruction/versements/{make.first_of(due).pk}/",
                    "/instruction/comptes-rendus/",
                    f"/instruction/comptes-rendus/{final.pk}/",
                    "/instruction/avenants/",
                    f"/instruction/avenants/{asked.pk}/",
                    "/instruction/reversements/",
                    f"/instruction/reversements/{wish.pk}/",
                    "/instruction/papier/",
                    f"/instruction/papier/scans/{scan.pk}/",
                    f"/instruction/papier/pages/{strange.pk}/",
                    f"/instruction/papier/{to_sign.document.code}/",
                ],
            ),
            (
                people.orderer,
                [
                    "/paiements/?etape=order",
                    "/paiements/conventions/",
                    f"/paiements/conventions/{to_sign.reference}/",
                    "/paiements/avenants/",
                    f"/paiements/avenants/{approved.pk}/",
                    f"/paiements/reversements/{claim.pk}/",
                    f"/paiements/versements/{make.first_of(ordered).pk}/",
                ],
            ),
            (
                people.payer,
                [
                    "/paiements/?etape=pay",
                    "/paiements/?etape=bank",
                    "/paiements/?etape=paid",
                    "/paiements/?etape=rejected",
                    "/paiements/calendrier/",
                    "/paiements/ordres/refus/",
                    "/paiements/clotures/",
                    f"/paiements/clotures/{at.year}/",
                    f"/paiements/ordres/{make.first_of(sent).orders.get().reference}/",
                    f"/paiements/releves/csv/{columns.pk}/",
                    "/paiements/comptes/",
                    f"/paiements/comptes/{given.pk}/",
                    "/paiements/lots/",
                    f"/paiements/lots/{lot.reference}/",
                    "/paiements/releves/",
                    f"/paiements/releves/{statement.reference}/",
                    "/paiements/rapprochement/",
                    *(f"/paiements/rapprochement/{line}/" for line in lines),
                    "/paiements/reversements/",
                    f"/paiements/versements/{make.first_of(paid).pk}/",
                ],
            ),
        ],
    )
    assert awaited.state == "notified"
