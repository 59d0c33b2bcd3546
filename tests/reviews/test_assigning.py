"""Who reads what, lived with: proofs kept and checked by additions, hands that are remembered, repairs looked at first and undone, answers to "why me"."""

from __future__ import annotations

import json
import random
from copy import deepcopy
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.models import Mail
from core.transitions import Refusal
from fund.enums import Role
from reviews import affinity, certificate
from reviews.assignment import objective, read_instance, solve
from reviews.models import Assignment, AssignmentResult, Declaration, Seat
from reviews.queries import proposals, reasons
from reviews.transitions import assignments, declarations
from tests.factories import reviews as make
from tests.factories.fund import person_with

pytestmark = pytest.mark.django_db


def text(response) -> str:
    return response.content.decode()


def refused(code, function, **params):
    with pytest.raises(Refusal) as caught:
        function(**params)
    assert caught.value.code == code
    return caught.value


def active(made) -> set[tuple[int, int]]:
    rows = Assignment.objects.active().filter(application__call=made.call)
    return set(rows.values_list("application_id", "seat_id"))


def recuse(pair: Assignment) -> None:
    mine = Declaration.objects.get(user=pair.seat.user, application=pair.application)
    declarations.declare_interest(declaration=mine, actor=pair.seat.user, ground="family_tie", detail="Ma sœur.")


def short_of_one(**facts):
    """A call being read in which one member has just recused himself, and no alternate."""
    made = make.reading(**{"files": 4, "members": 4, "alternates": 0} | facts)
    gone = Assignment.objects.select_related("seat__user", "application").order_by("pk").first()
    recuse(gone)
    made.panel.refresh_from_db()
    return made, gone


# ---- affinity ----


def seat_with(themes, departments=()):
    return SimpleNamespace(themes=themes, departments=list(departments))


def test_affinity_has_parts_that_a_person_can_follow():
    file = SimpleNamespace(themes=["numerique", "sante"], department="58")
    parts = affinity.affinity_parts(seat_with({"numerique": 3, "sante": 3}, ["58"]), file)
    assert (parts.themes, parts.territory, parts.everybody, parts.total) == (70, 20, 10, 100)
    parts = affinity.affinity_parts(seat_with({"numerique": 2}), file)  # 2 (first theme) x 2 of 9
    assert (parts.themes, parts.total) == (31, 41)
    assert [(part.code, part.weight, part.level) for part in parts.shared] == [("numerique", 2, 2), ("sante", 1, 0)]
    assert affinity.affinity(seat_with({}), SimpleNamespace(themes=[], department="")) == 10


# ---- proofs ----


def instance(dice: random.Random, *, files: int, members: int) -> dict:
    colleges = ["civil_society", "state"]
    people = [
        {"id": f"{college}-{number}", "college": college, "min": dice.choice([0, 0, 1]), "max": dice.randint(2, 5)}
        for college in colleges
        for number in range(members)
    ]
    names = [f"F{number}" for number in range(files)]
    return {
        "format": "paritary-assignment/1",
        "seed": str(dice.random()),
        "reviews_per_college": dice.randint(1, 2),
        "colleges": colleges,
        "members": people,
        "applications": names,
        "affinity": [[dice.randrange(0, 101, 5) for _one in people] for _name in names],
        "conflicts": [[name, person["id"]] for name in names for person in people if dice.random() < 0.15],
    }


@pytest.mark.parametrize("seed", range(25))
def test_what_the_solver_finds_is_proven_by_additions_and_nothing_else_is(seed):
    dice = random.Random(seed)
    data = instance(dice, files=dice.randint(2, 7), members=dice.randint(2, 5))
    found = solve(read_instance(data))
    prices = {name: str(price) for name, price in found.prices.items()}
    assert certificate.check(json.loads(json.dumps(data)), found.pairs, json.loads(json.dumps(prices))) == ""
    if found.pairs:
        assert certificate.check(data, found.pairs[1:], prices)  # a reading less
        dearer = deepcopy(data)
        dearer["conflicts"].append(list(found.pairs[0]))
        assert certificate.check(dearer, found.pairs, prices)  # a pair that is excluded
    someone = data["members"][0]["id"]
    other = {**prices, someone: str(int(prices[someone]) + 10**30)}
    assert certificate.check(data, found.pairs, other)
    assert certificate.check(data, found.pairs, {})


@pytest.mark.parametrize("seed", range(10))
def test_a_repair_is_proven_too_and_keeps_what_began(seed):
    dice = random.Random(seed)
    data = instance(dice, files=6, members=4)
    first = solve(read_instance(data)).pairs
    gone = dice.choice(first)
    data |= {"current": [list(pair) for pair in first], "removed": [list(gone)]}
    data["started"] = [list(pair) for pair in first[::3] if pair != gone]
    found = solve(read_instance(data))
    assert certificate.check(data, found.pairs, found.prices) == ""
    unkept = [pair for pair in found.pairs if list(pair) != (data["started"] or [None])[0]]
    assert not data["started"] or certificate.check(data, unkept, found.prices)


def test_every_result_keeps_the_paper_that_proves_it_without_a_name(at):
    made = make.reading(files=3)
    result = made.panel.results.get()
    assert result.kind == "assign" and result.made_by == made.officer and result.missing_total == 0
    assert certificate.check(result.instance, result.pairs, result.prices) == ""
    assert result.instance["format"] == "paritary-assignment/1" and all(type(p) is str for p in result.prices.values())
    assert {tuple(pair) for pair in result.pairs} == {
        (row.application.reference, str(row.seat_id)) for row in Assignment.objects.select_related("application")
    }
    paper = json.dumps(result.document)
    assert not any(str(person) in paper or person.email in paper for person in made.everyone())
    assert solve(read_instance(json.loads(json.dumps(result.instance)))).pairs == [tuple(p) for p in result.pairs]


# ---- hands ----


def test_a_pair_given_by_hand_is_never_taken_away(at):
    made, gone = short_of_one()
    takes = {row.seat_id for row in Assignment.objects.active().filter(application=gone.application)}
    free = made.panel.seats.current().filter(college=gone.seat.college).exclude(pk__in=[*takes, gone.seat_id]).first()
    assignments.assign_reader(panel=made.panel, actor=made.officer, application=gone.application, seat=free)
    given = Assignment.objects.active().get(seat=free, application=gone.application)
    assert given.is_manual
    before = active(made)
    made.panel.refresh_from_db()
    assignments.reassign(panel=made.panel, actor=made.officer)
    assert active(made) == before
    assert [gone.application.reference, str(free.pk)] in made.panel.results.first().instance["started"]


def test_a_pair_taken_back_is_not_given_again(at):
    made = make.reading(files=4, members=4, alternates=0)
    pair = Assignment.objects.select_related("seat__user", "application").first()
    Mail.objects.all().delete()
    assignments.withdraw(assignment=pair, actor=made.officer, reason="Une langue qu'elle ne lit pas.")
    assert Mail.objects.filter(code="reviews/panel.taken_back", recipient=pair.seat.user).count() == 1
    made.panel.refresh_from_db()
    assignments.reassign(panel=made.panel, actor=made.officer)
    assert (pair.application_id, pair.seat_id) not in active(made)
    assert Assignment.objects.active().filter(application=pair.application).count() == 4
    made.panel.refresh_from_db()
    assignments.reassign(panel=made.panel, actor=made.officer)
    assert (pair.application_id, pair.seat_id) not in active(made)
    # By hand it may be given all the same, and then it stays.
    assignments.assign_reader(panel=made.panel, actor=made.officer, application=pair.application, seat=pair.seat)
    made.panel.refresh_from_db()
    assignments.reassign(panel=made.panel, actor=made.officer)
    assert (pair.application_id, pair.seat_id) in active(made)


# ---- looked at, confirmed, undone ----


def test_a_repair_is_looked_at_then_confirmed_and_sought_once(at, as_user, monkeypatch):
    made, gone = short_of_one()
    path, browser = f"/instruction/commission/{made.call.slug}/repartition/", as_user(made.officer)
    before = active(made)
    page = text(browser.get(path))
    found = proposals.proposal_of(made.panel)
    assert found.mark in page and gone.application.reference in page and active(made) == before
    with monkeypatch.context() as closed:
        closed.setattr("reviews.assignment.solve", lambda problem: pytest.fail("sought twice"))
        assert browser.post(path, {"act": "reassign", "reassign-seen": found.mark}).status_code == 302
    assert len(active(made) - before) == 1 and not before - active(made)
    made.panel.refresh_from_db()
    assert made.panel.shortages == {} and made.panel.results.first().kind == "reassign"
    assert "reassign-seen" not in text(browser.get(path))  # nothing left to confirm


def test_a_repair_is_looked_at_again_when_the_world_changed(at, as_user):
    made, gone = short_of_one()
    path, browser = f"/instruction/commission/{made.call.slug}/repartition/", as_user(made.officer)
    seen, before = proposals.proposal_of(made.panel).mark, active(made)
    other = Assignment.objects.active().exclude(seat=gone.seat).select_related("seat__user", "application").first()
    assignments.start(assignment=other, actor=other.seat.user)
    response = browser.post(path, {"act": "reassign", "reassign-seen": seen})
    assert response.status_code == 409 and active(made) == before
    error = refused("stale_approval", assignments.reassign, panel=made.panel, actor=made.officer, seen=seen)
    assert error.status == 409
    assert proposals.proposal_of(made.panel).mark in text(response)


def test_a_shortage_that_stays_is_told_before_and_after(at, as_user):
    made, gone = short_of_one(members=2)
    page = text(as_user(made.officer).get(f"/instruction/commission/{made.call.slug}/repartition/"))
    assert proposals.proposal_of(made.panel).missing == 1 and gone.application.reference in page
    made.panel = assignments.reassign(panel=made.panel, actor=made.officer)
    assert made.panel.shortages == {gone.application.reference: {"missing": {gone.seat.college: 1}}}
    assert made.panel.results.first().missing_total == 1


def test_a_repair_is_undone_while_nobody_began(at):
    made, gone = short_of_one()
    shortages, before = made.panel.shortages, active(made)
    assignments.reassign(panel=made.panel, actor=made.officer)
    new = Assignment.objects.order_by("-pk").select_related("seat__user").first()
    made.panel.refresh_from_db()
    refused("reason_missing", assignments.undo_reassignment, panel=made.panel, actor=made.officer, reason=" ")
    refused("nothing_to_undo", assignments.undo_assignment, panel=made.panel, actor=made.officer, reason="Non.")
    Mail.objects.all().delete()
    made.panel = assignments.undo_reassignment(panel=made.panel, actor=made.officer, reason="Trop vite.")
    assert active(made) == before and made.panel.shortages == shortages
    assert Mail.objects.filter(code="reviews/panel.taken_back", recipient=new.seat.user).count() == 1
    last = made.panel.results.first()
    assert last.undone_at and last.undone_by == made.officer
    again = assignments.reassign(panel=made.panel, actor=made.officer)
    assert again.results.standing().first().pk != last.pk
    row = Assignment.objects.active().order_by("-pk").select_related("seat__user").first()
    assignments.start(assignment=row, actor=row.seat.user)
    again.refresh_from_db()
    refused("reading_began", assignments.undo_reassignment, panel=again, actor=made.officer, reason="Trop tard.")


def test_undoing_a_repair_gives_again_what_it_took_away(at):
    """Two seats end, the repair takes their readings; the seats are filled again and the repair undone: they are given again."""
    made = make.reading(files=4, members=4, alternates=0)
    before, gone = active(made), {made.seat(made.members[college][2]).pk for college in (make.CIVIL, make.STATE)}
    Seat.objects.filter(pk__in=gone).update(ends_at=at)
    assert {row.seat_id for row in proposals.reassign_proposal(made.panel).taken_away} == gone
    made.panel = assignments.reassign(panel=made.panel, actor=made.officer)
    assert not any(pair[1] in gone for pair in active(made))
    taken = Assignment.objects.filter(seat__in=gone, state="withdrawn")
    assert taken and not taken.excluded().exists()
    Seat.objects.filter(pk__in=gone).update(ends_at=None)
    made.panel = assignments.undo_reassignment(panel=made.panel, actor=made.officer, reason="Sièges rendus.")
    assert active(made) == before and made.panel.shortages == {}


def test_the_first_assignment_is_undone_and_the_seats_open_again(at, as_user):
    made = make.reading(files=2)
    browser = as_user(made.officer)
    path = f"/instruction/commission/{made.call.slug}/"
    assert 'name="undo_assignment-reason"' in text(browser.get(path))
    response = browser.post(path, {"act": "undo_assignment", "undo_assignment-reason": "Un siège manque."})
    assert response.status_code == 302
    made.panel.refresh_from_db()
    assert made.panel.state == "constituted" and made.panel.assigned_at is None and not active(made)
    made.panel = assignments.assign(panel=made.panel, actor=made.officer)
    assert len(active(made)) == 8 and made.panel.results.count() == 2


def test_the_first_assignment_stays_once_something_was_given_by_hand(at):
    made = make.reading(files=1, members=3)
    row = made.files[0]
    takes = Assignment.objects.active().filter(application=row).values("seat")
    free = made.panel.seats.current().full_members().exclude(pk__in=takes).first()
    assignments.assign_reader(panel=made.panel, actor=made.officer, application=row, seat=free)
    made.panel.refresh_from_db()
    refused("given_since", assignments.undo_assignment, panel=made.panel, actor=made.officer, reason="Non.")
    refused("not_permitted", assignments.undo_assignment, panel=made.panel, actor=made.presidents[0], reason="Moi.")


def test_programs_undo_it_with_a_reason(at, api):
    made = make.reading(files=1)
    path = f"/api/v1/panels/{made.call.slug}/undo_assignment/"
    assert api(made.officer).post(path, {"reason": ""}, format="json").status_code == 422
    answer = api(made.officer).post(path, {"reason": "Un siège manque."}, format="json")
    assert answer.status_code == 200 and answer.json()["state"] == "constituted" and not active(made)


# ---- why ----


def test_every_pair_has_its_answer(at):
    made, gone = short_of_one(files=3, members=4, alternates=1)
    papers, seen = reasons.papers_of(made.panel), set()
    for application in made.files:
        for seat in made.panel.seats.current().select_related("user", "panel"):
            found = reasons.why(application, seat, papers, compare=True)
            seen.add(found.status)
            if found.comparison:
                parts = found.comparison
                assert parts.gap.cost >= 0 and not parts.gap.missing and not parts.gap.new
                sign = -1 if found.status == "chosen" else 1
                assert parts.match + parts.turn - parts.file == sign * parts.gap.cost
    assert seen >= {"chosen", "excluded", "waits", "other", "alternate"}


def test_what_it_would_cost_is_what_it_costs_at_least(at):
    """Forcing a pair that was not chosen costs at least the told figure."""
    dice = random.Random(3)
    data = instance(dice, files=6, members=4) | {"conflicts": []}
    found = solve(read_instance(data))
    best = sum_of(data, found.pairs)
    for college in data["colleges"]:
        proof = certificate.CollegeProof(data, found.pairs, found.prices, college)
        for application in data["applications"]:
            for member in proof.most:
                if (application, member) in proof.pairs or sum(found.missing.values()):
                    continue
                forced = solve(read_instance(data | {"started": [[application, member]]}))
                told = proof.read(proof.gap(application, member)).cost
                assert sum_of(data, forced.pairs) - best >= told


def sum_of(data, pairs) -> int:
    return objective(read_instance(data), pairs)[0]


def test_case_officers_ask_why_for_any_pair_and_take_a_reading_back(at, as_user):
    made, gone = short_of_one()
    browser, path = as_user(made.officer), f"/instruction/commission/{made.call.slug}/repartition/pourquoi/"
    assert browser.get(path).status_code == 200
    page = text(browser.get(path, {"dossier": gone.application.reference, "membre": gone.seat_id}))
    assert "sœur" not in page and "family" not in page and "Exclu" in page
    pair = Assignment.objects.active().select_related("application", "seat__user").first()
    where = f"{path}?dossier={pair.application.reference}&membre={pair.seat_id}"
    assert browser.post(where, {"act": "withdraw", "withdraw-reason": ""}).status_code == 422
    assert browser.post(where, {"act": "withdraw", "withdraw-reason": "Trop chargé."}).status_code == 302
    pair.refresh_from_db()
    assert pair.state == "withdrawn" and pair.taken_back
    assert browser.post(where, {"act": "withdraw", "withdraw-reason": "Encore."}).status_code == 404
    assert browser.get(path, {"dossier": "FP-2026-00000000", "membre": pair.seat_id}).status_code == 404
    assert browser.get(path, {"dossier": pair.application.reference, "membre": "x"}).status_code == 404
    assert as_user(made.presidents[0]).get(path).status_code == 403


def test_the_proposal_answers_why_before_it_is_confirmed(at, as_user):
    made = make.under_review(files=2)
    browser = as_user(made.officer)
    path = f"/instruction/commission/{made.call.slug}/repartition/"
    assert "pourquoi/?dossier=" in text(browser.get(path))
    reference, seat = sorted(proposals.assign_proposal(made.panel).taken)[0]
    page = text(browser.get(f"{path}pourquoi/", {"dossier": reference, "membre": seat}))
    assert "Proposé" in page and not Assignment.objects.exists()


def test_a_reader_reads_why_for_himself_on_a_file_he_may_open(at, as_user):
    made = make.reading(files=3, members=3, alternates=0)
    pair = Assignment.objects.select_related("application", "seat__user").first()
    page = text(as_user(pair.seat.user).get(f"/commission/dossiers/{pair.application.reference}/"))
    assert "Pourquoi ce dossier vous est confié" in page
    takes = Assignment.objects.active().filter(application=pair.application).values("seat")
    other = made.panel.seats.current().full_members().exclude(pk__in=takes).select_related("user").first()
    page = text(as_user(other.user).get(f"/commission/dossiers/{pair.application.reference}/"))
    assert "Pourquoi ce dossier ne vous est pas confié" in page
    assert str(pair.seat.user) not in page.split("Pourquoi ce dossier")[1]


def test_who_is_recused_from_a_file_is_shown_no_figure_that_depends_on_it(at, as_user):
    made = make.reading(files=3, members=3, alternates=0)
    pair = Assignment.objects.select_related("application", "seat__user").first()
    other = Declaration.objects.filter(user=pair.seat.user).exclude(application=pair.application).first()
    path, browser = f"/commission/dossiers/{pair.application.reference}/", as_user(pair.seat.user)
    assert "la preuve conservée" in text(browser.get(path))
    declarations.declare_interest(declaration=other, actor=pair.seat.user, ground="family_tie")
    first = reasons.own_why(pair.seat.user, pair.application, pair.seat)
    assert first.comparison is None and "la preuve conservée" not in text(browser.get(path))
    other.application.themes = ["numerique"]
    other.application.save()
    result = made.panel.results.get()
    result.prices = {name: str(int(price) + 7) for name, price in result.prices.items()}
    result.save()
    second = reasons.own_why(pair.seat.user, pair.application, pair.seat)
    assert (first.status, first.parts, first.load, first.comparison) == (
        second.status,
        second.parts,
        second.load,
        second.comparison,
    )


# ---- proofs on screen ----


def test_officers_and_auditors_download_a_proof_that_the_page_verifies(at, as_user):
    made = make.reading(files=2)
    row = made.panel.results.get()
    path = f"/instruction/commission/{made.call.slug}/repartition/resultats/"
    auditor = person_with(Role.AUDITOR)
    for person in (made.officer, auditor):
        browser = as_user(person)
        assert "Vérifié" in text(browser.get(path))
        paper = json.loads(browser.get(f"{path}{row.pk}.json").content)
        assert certificate.check(paper["instance"], paper["pairs"], paper["prices"]) == ""
    assert as_user(made.presidents[0]).get(f"{path}{row.pk}.json").status_code == 403
    assert as_user(made.officer).get(f"{path}999999.json").status_code == 404
    broken = dict.fromkeys(row.prices, "0")
    AssignmentResult.objects.filter(pk=row.pk).update(prices=broken)
    assert "Vérifié" not in text(as_user(made.officer).get(path))


def test_a_proof_is_checked_once_and_again_when_a_byte_of_it_changes(at, as_user, monkeypatch):
    made = make.reading(files=2)
    browser, path = as_user(made.officer), f"/instruction/commission/{made.call.slug}/repartition/resultats/"
    checked, check = [], certificate.check
    monkeypatch.setattr(certificate, "check", lambda *papers: checked.append(papers) or check(*papers))
    pages = [text(browser.get(path)) for _visit in range(2)]
    assert len(checked) == 1 and all("Vérifié le" in page for page in pages)
    row = made.panel.results.get()
    row.prices[next(iter(row.prices))] = "1"
    row.save(update_fields=["prices"])
    assert "ne tient pas" in text(browser.get(path)) and len(checked) == 2


def test_an_officer_with_a_link_sees_the_reference_alone_and_no_proof(at, as_user):
    made = make.reading(files=2)
    closed = made.files[0]
    closed.lead = made.officer
    closed.save()
    browser, path = as_user(made.officer), f"/instruction/commission/{made.call.slug}/repartition/"
    seat = made.panel.seats.current().first()
    assert browser.get(f"{path}resultats/{made.panel.results.get().pk}.json").status_code == 403
    assert browser.get(f"{path}pourquoi/", {"dossier": closed.reference, "membre": seat.pk}).status_code == 404
    page = text(browser.get(path))
    assert closed.title not in page
    open_file = made.files[1]
    page = text(browser.get(f"{path}pourquoi/", {"dossier": open_file.reference, "membre": seat.pk}))
    assert "(100 −" not in page


def test_the_results_cost_the_same_whatever_their_number(at, as_user):
    made = make.reading(files=2)
    browser, path = as_user(made.officer), f"/instruction/commission/{made.call.slug}/repartition/resultats/"
    browser.get(path)
    with CaptureQueriesContext(connection) as one:
        browser.get(path)
    row = made.panel.results.get()
    for _copy in range(19):
        row.pk = None
        row.save()
    with CaptureQueriesContext(connection) as twenty:
        browser.get(path)
    assert len(one) == len(twenty)
