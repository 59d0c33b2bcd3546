"""What the reading pages refuse, in words and with nothing typed lost; what two people open together; lists at one query count."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from applications.models import Application
from core import two_key
from core.models import Mail, TwoKeyAct
from fund.enums import CallState
from reviews.models import Appeal, Assignment, Decision, Declaration, Panel, Seat
from reviews.queries.meetings import next_days
from reviews.transitions import assignments, meetings
from tests.factories import reviews as make
from tests.factories.fund import CallFactory
from tests.reviews.test_reading_pages import compose_data, counted, recuse, signed_in, text

pytestmark = pytest.mark.django_db


def approved(person):
    return two_key.approve(TwoKeyAct.objects.get(state="proposed"), actor=person, at=timezone.now())


# ---- the seats ----


@pytest.mark.parametrize(
    "field, value", [("is_president", "on"), ("kind", "guest"), ("load_max", "beaucoup"), ("college", "elsewhere")]
)
def test_a_wrong_composition_keeps_what_was_typed(at, as_user, field, value):
    made = make.world(files=1)
    data = compose_data(made) | {"seed": "graine-tapée"}
    number = next(name.split("-")[1] for name, pk in data.items() if pk == made.members[make.CIVIL][1].pk)
    response = as_user(made.officer).post(
        f"/instruction/commission/{made.call.slug}/composition/", data | {f"seat-{number}-{field}": value}
    )
    assert response.status_code == 422 and "graine-tapée" in text(response) and not Panel.objects.exists()


def test_one_alternate_in_each_college_and_the_seats_change_before_readings_are_given(at, as_user):
    made = make.world(files=1, members=2, alternates=1)
    path = f"/instruction/commission/{made.call.slug}/composition/"
    officer, data = as_user(made.officer), compose_data(made)
    assert officer.post(path, data).status_code == 302
    seats = Seat.objects.current()
    assert sorted(seats.values_list("college", "kind", "is_president")) == sorted(
        row for college in (make.CIVIL, make.STATE) for row in SEATS[college]
    )
    key = next(name for name, pk in data.items() if pk == made.alternates[make.STATE][0].pk).replace("user", "kind")
    assert officer.post(path, data | {key: ""}).status_code == 302
    assert Seat.objects.current().count() == 5
    made_again(made)
    refused = officer.post(path, data)
    assert refused.status_code in (409, 422) and Seat.objects.current().count() == 5


SEATS = {
    college: [
        (str(college), "full_member", True),
        (str(college), "full_member", False),
        (str(college), "alternate", False),
    ]
    for college in (make.CIVIL, make.STATE)
}


def made_again(made):
    """The same world, its panel composed by the page: what is left is to start and assign."""
    made.panel = Panel.objects.get(call=made.call)
    make.calls.start_review(call=made.call, actor=made.officer)
    make.declare_all(made)
    made.panel = assignments.assign(panel=Panel.objects.get(pk=made.panel.pk), actor=made.officer)
    return made


# ---- interests ----


def test_a_recusal_is_lifted_by_both_presidents_and_by_nobody_alone(at, as_user):
    made = make.reading(files=2)
    member, application = made.members[make.CIVIL][1], made.files[0]
    recuse(made, member, application)
    path = f"/commission/deports/{made.call.slug}/"
    assert as_user(member).get(path).status_code == 403
    declaration = Declaration.objects.get(user=member, application=application)
    first, second = made.presidents
    page = text(as_user(first).get(path))
    assert str(member) in page and application.reference in page and application.title not in page
    assert as_user(first).post(path, {"declaration": "999999", "act": "lift"}).status_code == 404
    assert as_user(first).post(path, {"declaration": declaration.pk, "act": "erase"}).status_code == 400
    assert as_user(first).post(path, {"declaration": declaration.pk, "act": "clear_hint"}).status_code == 409
    assert as_user(first).post(path, {"declaration": declaration.pk, "act": "lift"}).status_code == 422  # why?
    lifting = {"declaration": declaration.pk, "act": "lift", "lift-reason": "Le lien a été déclaré par erreur."}
    assert as_user(first).post(path, lifting).status_code == 302
    assert 'value="lift"' not in text(as_user(first).get(path))
    assert as_user(second).post(path, lifting).status_code == 422  # proposed
    page = text(as_user(second).get(f"/instruction/cles/{TwoKeyAct.objects.get(state='proposed').reference}/"))
    assert (
        "déclaré par erreur" in page and application.reference in page and str(declaration.get_ground_display()) in page
    )
    assert f"/commission/dossiers/{application.reference}/" in page
    declaration.refresh_from_db()
    assert declaration.state == "recused"
    approved(second)
    declaration.refresh_from_db()
    assert declaration.state == "none" and declaration.lifted_at


def test_a_recused_president_decides_on_no_recusal_of_that_file(at, as_user):
    made = make.reading(files=1)
    member, president = made.members[make.CIVIL][1], made.presidents[0]
    recuse(made, member, made.files[0])
    recuse(made, president, made.files[0])
    page = text(as_user(president).get(f"/commission/deports/{made.call.slug}/"))
    assert made.files[0].reference in page and str(member) not in page


def test_recusals_are_still_listed_after_the_decisions_and_none_can_be_lifted(at, as_user):
    made = make.reading(files=2)
    member, application = made.members[make.CIVIL][1], made.files[0]
    recuse(made, member, application)
    Application.objects.filter(pk=application.pk).update(state="rejected")
    path = f"/commission/deports/{made.call.slug}/"
    page = text(as_user(made.presidents[0]).get(path))
    assert str(member) in page and application.reference in page and 'value="lift"' not in page
    declaration = Declaration.objects.get(user=member, application=application)
    lifting = {"declaration": declaration.pk, "act": "lift", "lift-reason": "Le lien a été déclaré par erreur."}
    assert as_user(made.presidents[0]).post(path, lifting).status_code == 404


def test_the_same_siret_keeps_a_member_from_declaring_until_both_presidents_agree(at, as_user):
    made = make.constituted(files=1)
    member, application = made.members[make.STATE][1], made.files[0]
    siret = application.partnerships.get().organisation.siret
    Seat.objects.filter(user=member).update(siret=siret)
    declaration = Declaration.objects.get(user=member, application=application)
    cards, path = f"/commission/declarations/{made.call.slug}/", f"/commission/deports/{made.call.slug}/"
    choice = {f"choice-{declaration.pk}": "none"}
    assert as_user(member).post(cards, choice).status_code == 422
    assert (
        as_user(made.presidents[0]).post(path, {"declaration": declaration.pk, "act": "clear_hint"}).status_code == 302
    )
    approved(made.presidents[1])
    assert as_user(member).post(cards, choice).status_code == 302
    declaration.refresh_from_db()
    assert declaration.state == "none"
    assert declaration.pk not in [row.pk for row in make_held_back(made)]


def make_held_back(made):
    from reviews.queries import interests

    return interests.held_back(made.panel)


# ---- one review ----


def test_a_filed_review_no_longer_changes_and_a_reopened_one_keeps_both(at, as_user):
    made = make.reading(files=1)
    pair = Assignment.objects.exclude(seat__user__in=made.presidents).select_related("seat__user").first()
    make.file_review(pair, 7)
    reader, path = as_user(pair.seat.user), f"/commission/dossiers/{made.files[0].reference}/"
    refused = reader.post(path, {"act": "save", "score-besoin": "2", "version": "1"})
    assert refused.status_code == 409
    assert reader.post(path, {"act": "reopen", "reopen-reason": " "}).status_code == 422
    assert reader.post(path, {"act": "reopen", "reopen-reason": "Une page m’avait échappé."}).status_code == 302
    approved(made.presidents[0])
    pair = Assignment.objects.select_related("seat__user", "application__call").get(pk=pair.pk)
    assert pair.state == "in_progress"
    make.file_review(pair, 8)
    assert pair.versions.count() == 2 and "les deux versions" in text(reader.get(path))


def test_a_reader_gives_a_file_back_with_a_reason(at, as_user):
    made = make.reading(files=1)
    pair = Assignment.objects.select_related("seat__user").first()
    reader, path = as_user(pair.seat.user), f"/commission/dossiers/{made.files[0].reference}/"
    assert reader.post(path, {"act": "decline", "decline-reason": ""}).status_code == 422
    assert reader.post(path, {"act": "decline", "decline-reason": "Je suis absent tout le mois."}).status_code == 302
    pair.refresh_from_db()
    assert pair.state == "withdrawn" and pair.refused
    assignments.reassign(panel=Panel.objects.get(pk=made.panel.pk), actor=made.officer)
    again = Assignment.objects.filter(state="assigned", seat__college=pair.seat.college)
    assert again.count() == 2 and not again.filter(seat=pair.seat).exists()


@pytest.mark.parametrize("score", ["11", "-1", "x", "3.5"])
def test_a_score_that_is_none_is_refused_and_the_words_stay(at, as_user, score):
    made = make.reading(files=1)
    pair = Assignment.objects.select_related("seat__user").first()
    response = as_user(pair.seat.user).post(
        f"/commission/dossiers/{made.files[0].reference}/",
        {"act": "save", "score-besoin": score, "why-besoin": "Mes mots tapés.", "comment": "Mon mot.", "version": "0"},
    )
    assert response.status_code == 422
    assert "Mes mots tapés." in text(response) and "Mon mot." in text(response)


# ---- decisions ----


def test_an_ineligibility_is_signed_then_notified_with_its_letter(at, as_user):
    made = make.world(files=1)
    application = made.files[0]
    Application.objects.filter(pk=application.pk).update(state="submitted")
    path = f"/instruction/dossiers/{application.reference}/irrecevabilite/"
    officer = as_user(made.officer)
    facts = {"article": "", "grounds": "Aucun partenaire n’a confirmé.", "not_correctable": "on"}
    refused = officer.post(path, facts)
    assert refused.status_code == 422 and "Aucun partenaire n’a confirmé." in text(refused)
    assert officer.post(path, facts | {"article": "art. 3"}).status_code == 302
    decision = make.rendered(Decision.objects.get())
    for person in made.presidents:
        signing = {"decision": decision.reference, "read": "on"}
        assert signed_in(person).post(f"/commission/decisions/{made.call.slug}/", signing).status_code == 302
    desk = f"/instruction/decisions/{made.call.slug}/"
    assert officer.post(desk, {"act": "notify", "decision": "D-0"}).status_code == 404
    assert officer.post(desk, {"act": "burn", "decision": decision.reference}).status_code == 400
    unread = officer.post(desk, {"act": "notify", "decision": decision.reference})
    assert unread.status_code == 422 and f'value="{decision.reference}" selected' in unread.content.decode()
    told = officer.post(desk, {"act": "notify", "decision": decision.reference, "alone-sure": "on"}, follow=True)
    assert told.redirect_chain and f"La décision {decision.reference} sur" in told.content.decode()
    application.refresh_from_db()
    mail = Mail.objects.get(recipient=application.lead, attachment=decision.document)
    assert application.state == "ineligible" and application.reference in mail.text + mail.subject
    page = text(as_user(application.lead).get(f"/dossiers/{application.reference}/decision/"))
    assert "Aucun partenaire n’a confirmé." in page and "tribunal administratif" in page
    assert officer.post(desk, {"act": "annul", "decision": decision.reference, "reason": "Erreur."}).status_code == 409


def test_a_promotion_is_drafted_by_the_authority_within_the_request(at, as_user):
    made = make.reviewed(make.world(files=2))
    make.notified(made, make.decided(made, made.files[0], "reserve"))
    application = Application.objects.get(pk=made.files[0].pk)
    path = f"/commission/decisions/dossiers/{application.reference}/rediger/"
    assert as_user(made.members[make.CIVIL][1]).get(path).status_code == 404
    judge = as_user(made.presidents[0])
    assert judge.get(path).status_code == 200 and judge.get(f"{path}?nature=promotion&sens=nothing").status_code == 200
    facts = {"kind": "promotion", "outcome": "selected", "grounds": "Une somme est libre.", "amount": "99999999"}
    for amount, status in (("99999999", 409), ("", 422), ("-3", 422), ("vingt", 422)):
        refused = judge.post(path, facts | {"amount": amount})
        assert refused.status_code == status and "Une somme est libre." in text(refused)
    assert judge.post(path, facts | {"grounds": "", "amount": "10000"}).status_code == 422
    assert judge.post(path, facts | {"amount": "10000"}).status_code == 302
    assert Decision.objects.get(kind="promotion").amount == 1_000_000


def test_nothing_leaves_the_review_once_the_decision_is_known(at, as_user):
    made = make.reviewed(make.world(files=1))
    make.notified(made, make.decided(made, made.files[0]))
    lead, path = as_user(made.files[0].lead), f"/dossiers/{made.files[0].reference}/"
    assert lead.get(f"{path}retirer-de-l-examen/").status_code == 404
    assert lead.post(f"{path}decision/", {"act": "withdraw"}).status_code == 404
    assert lead.post(f"{path}decision/", {"act": "burn"}).status_code == 404


# ---- figures ----


@pytest.mark.parametrize("calls", [1, 20])
def test_the_lists_of_calls_take_as_many_queries_for_one_as_for_twenty(at, as_user, django_assert_num_queries, calls):
    made = make.world(files=1)
    for _number in range(calls - 1):
        CallFactory(state=CallState.CLOSED, envelope=made.call.envelope, rule_version=made.call.rule_version)
    officer = as_user(made.officer)
    counted(django_assert_num_queries, officer, "/instruction/commission/", 7)
    counted(django_assert_num_queries, officer, "/instruction/decisions/", 7)


@pytest.mark.parametrize("files", [1, 20])
def test_the_lists_of_appeals_and_recusals_take_as_many_queries_for_one_as_for_twenty(
    at, as_user, django_assert_num_queries, files
):
    made = make.reviewed(make.world(files=files, members=2, alternates=0))
    for application in made.files:
        decision = make.notified(made, make.decided(made, application, "rejected"))
        Appeal.objects.create(decision=decision, filed_by=application.lead, filed_at=timezone.now(), text="Relisez.")
    Declaration.objects.filter(user=made.members[make.CIVIL][1]).update(state="recused", ground="family_tie")
    Application.objects.filter(call=made.call).update(state="under_review")
    president = as_user(made.presidents[0])
    counted(django_assert_num_queries, president, "/instruction/recours/", 6)
    counted(django_assert_num_queries, president, f"/commission/deports/{made.call.slug}/", 17)


def test_a_link_without_its_kind_is_refused_beside_its_field(at, as_user):
    made = make.reading(files=1)
    member, path = made.members[make.CIVIL][1], f"/commission/dossiers/{made.files[0].reference}/"
    response = as_user(member).post(path, {"act": "declare_interest", "interest-detail": "Ma sœur y travaille."})
    page = text(response)
    assert response.status_code == 422 and "id_interest-ground_error" in page and "Ma sœur y travaille." in page
    assert "declare_interest</" not in page


def test_the_desk_gives_the_day_of_a_meeting_that_stands(at):
    made = make.reviewed(files=1)
    made.call.meeting_on = (at + timedelta(days=30)).date()
    assert next_days([made.call]) == {made.call.pk: made.call.meeting_on}
    day = timezone.now() + timedelta(days=9)
    meeting = meetings.plan(call=made.call, actor=made.officer, planned_at=day, place="Nevers")
    assert next_days([made.call]) == {made.call.pk: timezone.localdate(day)}
    meetings.cancel(meeting=meeting, actor=made.presidents[0], reason="Salle indisponible.")
    assert next_days([made.call]) == {}
