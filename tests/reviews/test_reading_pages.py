"""The pages of the reading side: who opens them, what they say, how many queries; a recused member gets the same bytes whatever the file says."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from applications.models import Application
from core import reauth
from core.models import User
from fund.enums import Role
from reviews.models import Appeal, Assignment, Decision, Declaration, Panel, Score
from reviews.transitions import assignments, declarations
from tests.factories import reviews as make
from tests.factories.fund import person_with

pytestmark = pytest.mark.django_db


def text(response) -> str:
    return response.content.decode()


def recuse(made, member, application):
    mine = Declaration.objects.get(user=member, application=application)
    return declarations.declare_interest(declaration=mine, actor=member, ground="family_tie")


def signed_in(user) -> Client:
    """A browser in which this person proved who he is a moment ago."""
    browser = Client()
    browser.force_login(User.objects.get(pk=user.pk), backend="allauth.account.auth_backends.AuthenticationBackend")
    return browser


# ---- members ----


def test_the_desk_says_what_is_next(at, as_user):
    made = make.constituted(files=2)
    member = made.members[make.CIVIL][1]
    assert "2 " in text(as_user(member).get("/commission/")) and made.files[0].title not in text(
        as_user(member).get("/commission/")
    )
    made = make.reading(make.world(files=2))
    pair = Assignment.objects.filter(application__call=made.call).select_related("seat__user", "application").first()
    page = text(as_user(pair.seat.user).get("/commission/"))
    assert pair.application.title in page and f"/commission/dossiers/{pair.application.reference}/" in page


def test_only_those_who_sit_open_the_panels_pages(at, as_user):
    made = make.reading(files=1)
    reference, slug = made.files[0].reference, made.call.slug
    assert as_user(made.officer).get("/commission/").status_code == 403
    stranger = person_with(Role.PANEL_MEMBER, make.CIVIL)
    for path in (
        f"/commission/declarations/{slug}/",
        f"/commission/dossiers/{reference}/",
        f"/commission/classement/{slug}/",
    ):
        assert as_user(stranger).get(path).status_code == 404
        assert Client().get(path).status_code == 302
    for path in (f"/instruction/commission/{slug}/", f"/instruction/decisions/{slug}/"):
        assert as_user(made.presidents[0]).get(path).status_code == 403


def test_all_cards_are_declared_on_one_page(at, as_user):
    made = make.constituted(files=3)
    member = made.members[make.STATE][1]
    browser, path = as_user(member), f"/commission/declarations/{made.call.slug}/"
    page = text(browser.get(path))
    first, second, third = (
        Declaration.objects.filter(user=member).order_by("application__reference").select_related("application")
    )
    assert first.application.title in page and first.application.summary not in page
    response = browser.post(
        path, {f"choice-{first.pk}": "none", f"choice-{second.pk}": "interest", f"ground-{second.pk}": ""}
    )
    assert response.status_code == 422
    first.refresh_from_db()
    assert first.state == "none"  # each card stands alone
    browser.post(
        path,
        {
            f"choice-{second.pk}": "interest",
            f"ground-{second.pk}": "partner_tie",
            f"detail-{second.pk}": "Mon ancien service.",
        },
    )
    second.refresh_from_db()
    assert second.state == "recused"
    page = text(browser.get(path))
    assert (
        second.application.title not in page
        and second.application.reference in page
        and third.application.title in page
    )


def test_a_file_opens_after_its_card_and_scores_are_saved_then_filed(at, as_user):
    made = make.reading(files=2)
    pair = Assignment.objects.select_related("seat__user", "application").order_by("application__reference").first()
    browser, path = as_user(pair.seat.user), f"/commission/dossiers/{pair.application.reference}/"
    page = text(browser.get(path))
    assert "Une visite sur trois" in page and "Repère 3 de besoin" in page and "7 passage des Brouillons" not in page
    answer = browser.post(
        path,
        {"autosave": "1", "version": "0", "score-besoin": "9", "why-besoin": "Mesuré."},
        headers={"Accept": "application/json"},
    )
    assert (
        answer.json()["version"] == 1 and Score.objects.get(assignment=pair, criterion__code="besoin").half_points == 9
    )
    stale = browser.post(
        path, {"autosave": "1", "version": "0", "score-besoin": "2"}, headers={"Accept": "application/json"}
    )
    assert stale.status_code == 409 and stale.json()["code"] == "version_conflict"
    everything = {f"score-{row.code}": "6" for row in made.call.criteria.all()} | {
        "comment": "Clair.",
        "version": "1",
        "act": "submit",
    }
    everything["score-equipe"] = ""
    refused = browser.post(path, everything)
    assert refused.status_code == 422 and "Equipe" in text(refused)
    everything |= {"score-equipe": "n", "why-equipe": "Hors de mon domaine.", "version": "2"}
    assert browser.post(path, everything).status_code == 302
    pair.refresh_from_db()
    assert pair.state == "submitted" and Score.objects.get(assignment=pair, criterion__code="equipe").cannot_judge
    wrong = Assignment.objects.filter(state="assigned").select_related("seat__user", "application").first()
    answer = as_user(wrong.seat.user).post(
        f"/commission/dossiers/{wrong.application.reference}/", {"autosave": "1", "score-besoin": "11"}
    )
    assert answer.status_code == 422 and answer.json()["code"] == "score_out_of_range"


def test_a_member_reads_without_scoring_what_is_not_assigned_to_him(at, as_user):
    made = make.reading(files=1)
    free = next(seat for seat in made.panel.seats.current() if not seat.assignments.exists())
    path = f"/commission/dossiers/{made.files[0].reference}/"
    assert "score-besoin" not in text(as_user(free.user).get(path))
    refused = as_user(free.user).post(path, {"act": "save"}, headers={"Accept": "application/json"})
    assert refused.status_code == 403 and refused.json()["code"] == "not_assigned"


SECRETS = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"|name="nonce" value="[^"]*"|nonce-[^"\' ]*')


def pages_of(user, paths) -> list[tuple[int, str]]:
    browser = signed_in(user)
    return [
        (response.status_code, SECRETS.sub("", text(response))) for response in (browser.get(path) for path in paths)
    ]


@pytest.mark.parametrize("stage", ["reading", "closed", "decided"])
@pytest.mark.screens
def test_two_worlds_that_differ_in_a_recused_files_secrets_give_the_same_bytes(at, stage):
    made = make.reviewed(make.world(files=3)) if stage != "reading" else make.reading(make.world(files=3))
    application, member = made.files[0], made.presidents[0]
    if stage != "reading":
        for row in made.files[1:]:
            make.inside(
                assignments.record_fallback,
                panel=made.panel,
                actor=made.officer,
                application=row,
                fallback="plenary",
                reason="Repli.",
            )
    recuse(made, member, application)
    if stage == "decided":
        make.inside(
            assignments.record_fallback,
            panel=Panel.objects.get(pk=made.panel.pk),
            actor=made.officer,
            application=application,
            fallback="plenary",
            reason="Déport.",
        )
        for row in made.files[1:]:
            make.decided(made, row, "rejected")
    slug, others = made.call.slug, [f"/commission/dossiers/{row.reference}/" for row in made.files]
    paths = [
        "/commission/",
        f"/commission/declarations/{slug}/",
        f"/commission/classement/{slug}/",
        f"/commission/decisions/{slug}/",
        *others,
    ]
    before = pages_of(member, paths)
    assert all(application.title not in page for _status, page in before)
    version = application.filed_version
    version.content = {
        **version.content,
        "project": {**version.content["project"], "title": "CANARI", "need": "CANARI"},
    }
    version.save()
    Application.objects.filter(pk=application.pk).update(
        title="CANARI",
        summary="CANARI",
        requested_amount=999_900,
        minimum_viable_amount=800_000,
        commune="Canari",
        applicant_name="CANARI",
    )
    Score.objects.filter(assignment__application=application).update(half_points=0, justification="CANARI")
    if stage == "decided":
        decision = make.decided(made, Application.objects.get(pk=application.pk), amount=900_000, rank=1)
        assert decision.state == "voted"
    after = pages_of(member, paths)
    assert before == after


# ---- officers ----


def compose_data(made, **changes) -> dict:
    from django.utils import timezone

    from reviews import queries

    data = {"seed": "graine"}
    for number, person in enumerate(queries.candidates(timezone.now())):
        alternate = person["user"] in (*made.alternates[make.CIVIL], *made.alternates[make.STATE])
        data |= {
            f"seat-{number}-user": person["user"].pk,
            f"seat-{number}-college": person["college"],
            f"seat-{number}-kind": changes.get(person["user"].pk, "alternate" if alternate else "full_member"),
            f"seat-{number}-load_max": "60",
        }
        if person["is_president"]:
            data[f"seat-{number}-is_president"] = "on"
    return data


def test_the_officer_constitutes_starts_assigns_and_closes(at, as_user):
    made = make.world(files=2)
    browser, base = as_user(made.officer), f"/instruction/commission/{made.call.slug}/"
    assert browser.get("/instruction/commission/").status_code == 200 and browser.get(base).status_code == 200
    uneven = compose_data(made)
    gone = made.members[make.CIVIL][2]
    key = next(name for name, value in uneven.items() if name.endswith("-user") and value == gone.pk).replace(
        "user", "kind"
    )
    assert browser.post(f"{base}composition/", uneven | {key: ""}).status_code == 422
    assert browser.post(f"{base}composition/", uneven).status_code == 302
    made.panel = Panel.objects.get(call=made.call)
    assert made.panel.seats.count() == 8 and made.panel.seed == "graine"
    assert browser.get(f"{base}composition/").status_code == 200
    assert browser.post(base, {"act": "start_review"}).status_code == 302
    proposal = f"{base}repartition/"
    assert proposal in text(browser.get(base)) and "aria-disabled" in text(browser.get(proposal))
    assert browser.post(proposal, {"act": "assign"}).status_code == 409  # nobody has declared anything
    make.declare_all(made)
    stale = browser.post(proposal, {"act": "assign", "assign-seen": "0" * 16})
    assert stale.status_code == 409 and Assignment.objects.count() == 0
    assert browser.post(proposal, {"act": "assign"}).status_code == 302
    assert Assignment.objects.count() == 8
    page = text(browser.get(base))
    assert made.files[0].reference in page and "4.50" not in page
    for row in Assignment.objects.select_related("seat__user", "application__call"):
        make.file_review(row)
    assert browser.post(base, {"act": "close_reading"}).status_code == 302
    assert "3,50" in text(browser.get(f"{base}classement/")) or "3.50" in text(browser.get(f"{base}classement/"))
    member = made.members[make.STATE][1]
    assert made.files[0].reference in text(as_user(member).get(f"/commission/classement/{made.call.slug}/"))


def test_a_fallback_is_recorded_from_the_page(at, as_user):
    made = make.reading(files=1, members=2, alternates=0)
    recuse(made, made.members[make.CIVIL][1], made.files[0])
    browser, base = as_user(made.officer), f"/instruction/commission/{made.call.slug}/"
    assert "record_early_fallback" in text(browser.get(base))
    data = {
        "act": "record_early_fallback",
        "record_early_fallback-application": made.files[0].pk,
        "record_early_fallback-fallback": "plenary",
        "record_early_fallback-reason": "",
    }
    assert browser.post(base, data).status_code == 422
    assert browser.post(base, data | {"record_early_fallback-reason": "Un membre déporté."}).status_code == 302
    assert Panel.objects.get().fallback_of(made.files[0].reference)["fallback"] == "plenary"


def test_the_officer_drafts_an_ineligibility_and_it_stays_unknown(at, as_user):
    made = make.world(files=1)
    application = made.files[0]
    Application.objects.filter(pk=application.pk).update(state="submitted")
    path = f"/instruction/dossiers/{application.reference}/irrecevabilite/"
    browser = as_user(made.officer)
    assert browser.get(path).status_code == 200
    assert browser.post(path, {"article": "art. 3", "grounds": "Aucun partenaire."}).status_code == 409
    assert (
        browser.post(path, {"article": "art. 3", "grounds": "Aucun partenaire.", "not_correctable": "on"}).status_code
        == 302
    )
    page = text(as_user(application.lead).get(f"/dossiers/{application.reference}/decision/"))
    assert "Aucun partenaire" not in page and Decision.objects.get().state == "drafted"
    assert "Aucun partenaire" not in text(as_user(made.officer).get(path)) and Decision.objects.get().reference in text(
        browser.get(path)
    )


def test_decisions_are_signed_by_both_then_notified_in_one_act_and_read(at, as_user):
    made = make.reviewed(make.world(files=2))
    selected, rejected = made.files
    make.rendered(make.decided(made, selected, rank=1))
    make.rendered(make.decided(made, rejected, "rejected", rank=2))
    references = list(Decision.objects.values_list("reference", flat=True))
    path = f"/commission/decisions/{made.call.slug}/"
    officer, desk = as_user(made.officer), f"/instruction/decisions/{made.call.slug}/"
    assert "aria-disabled" in text(officer.get(desk))
    for person in made.presidents:
        browser = signed_in(person)
        page = text(browser.get(path))
        assert all(reference in page for reference in references) and "deux mois" in page
        assert browser.post(path, {"decision": references}).status_code == 422  # the box is not ticked
        assert browser.post(path, {"decision": references, "read": "on"}).url == path
    assert set(Decision.objects.values_list("state", flat=True)) == {"signed"}
    assert officer.get("/instruction/decisions/").status_code == 200
    assert officer.post(desk, {"act": "notify_call"}).status_code == 422
    assert officer.post(desk, {"act": "notify_call", "sure": "on"}).status_code == 302
    selected.refresh_from_db()
    assert selected.state == "selected"
    page = text(as_user(rejected.lead).get(f"/dossiers/{rejected.reference}/decision/"))
    assert "Ce qu’un recours peut changer" in page and "Sans réponse après 2 mois" in page.replace("\xa0", " ")
    assert "tribunal administratif" in page and "Parce que besoin." in page and "Un projet clair." in page
    assert all(str(person) not in page for person in made.members[make.CIVIL][1:])  # no reader is named
    assert as_user(selected.lead).get(f"/dossiers/{rejected.reference}/decision/").status_code == 404
    sent = as_user(rejected.lead).post(
        f"/dossiers/{rejected.reference}/decision/", {"act": "appeal", "text": "Relisez la page 3."}
    )
    assert sent.status_code == 302
    appeal = Appeal.objects.get()
    judge = signed_in(made.presidents[0])
    assert (
        "Relisez la page 3." in text(judge.get(f"/instruction/recours/{appeal.pk}/"))
        and judge.get("/instruction/recours/").status_code == 200
    )
    assert (
        judge.post(
            f"/instruction/recours/{appeal.pk}/", {"act": "grant", "grant-answer": "Vous avez raison."}
        ).status_code
        == 302
    )
    drafting = f"/commission/decisions/dossiers/{rejected.reference}/rediger/"
    assert "nature=appeal" in text(judge.get(drafting))
    assert (
        judge.post(
            drafting, {"kind": "appeal", "outcome": "selected", "amount": "10000", "grounds": "La page 3 change tout."}
        ).status_code
        == 302
    )
    assert Decision.objects.get(kind="appeal").amount == 1_000_000


def test_an_old_sign_in_is_confirmed_before_signing(at, as_user):
    made = make.reviewed(make.world(files=1))
    make.rendered(make.decided(made, made.files[0]))
    browser = as_user(made.presidents[0])
    session = browser.session
    session[reauth.KEY] = "2026-11-24T06:00:00+00:00"
    session.save()
    response = browser.post(
        f"/commission/decisions/{made.call.slug}/", {"decision": Decision.objects.get().reference, "read": "on"}
    )
    assert response.status_code == 302 and response.url.startswith("/mon-espace/confirmer/")
    assert Decision.objects.get().document.signatures.count() == 0


def test_the_applicant_withdraws_while_the_panel_works(at, as_user):
    made = make.reading(files=1)
    application = made.files[0]
    path = f"/dossiers/{application.reference}/retirer-de-l-examen/"
    assert as_user(application.lead).get(path).status_code == 200
    assert as_user(made.presidents[0]).get(path).status_code == 404
    assert as_user(application.lead).post(path, {"reason": ""}).status_code == 302
    application.refresh_from_db()
    assert application.state == "withdrawn"


# ---- figures ----


def counted(django_assert_num_queries, browser, path, number):
    with django_assert_num_queries(number):
        assert browser.get(path).status_code == 200


@pytest.mark.parametrize("files", [1, 20])
def test_queries_do_not_grow_with_the_files(at, as_user, django_assert_num_queries, files):
    made = make.reading(make.world(files=files))
    for row in Assignment.objects.select_related("seat__user", "application__call"):
        make.file_review(row)
    made.panel = assignments.close_reading(panel=made.panel, actor=made.officer)
    for place, application in enumerate(made.files, 1):
        make.rendered(make.decided(made, application, "rejected", rank=place))
    slug = made.call.slug
    reader = Assignment.objects.exclude(seat__user__in=made.presidents).first().seat.user
    officer, member, president = as_user(made.officer), as_user(reader), as_user(made.presidents[0])
    counted(django_assert_num_queries, member, f"/commission/declarations/{slug}/", DECLARE)
    counted(django_assert_num_queries, member, f"/commission/classement/{slug}/", RANKING)
    counted(django_assert_num_queries, officer, f"/instruction/commission/{slug}/", PANEL)
    counted(django_assert_num_queries, officer, f"/instruction/commission/{slug}/classement/", STAFF_RANKING)
    counted(django_assert_num_queries, officer, f"/instruction/decisions/{slug}/", DECISIONS)
    counted(django_assert_num_queries, president, f"/commission/decisions/{slug}/", SIGN)
    counted(django_assert_num_queries, member, "/commission/", DESK)


DESK, DECLARE, RANKING, PANEL, STAFF_RANKING, DECISIONS, SIGN = 19, 19, 18, 26, 15, 19, 13


def test_an_autosave_says_what_is_left_to_score_and_the_word_is_marked_as_required(at, as_user):
    made = make.reading(files=1)
    row = Assignment.objects.select_related("seat__user", "application").first()
    browser, path = as_user(row.seat.user), f"/commission/dossiers/{row.application.reference}/"
    first, *others = made.call.criteria.order_by("position", "id")
    sent = {"autosave": "1", "version": "0", f"score-{first.code}": "6", f"why-{first.code}": ""}
    left = browser.post(path, sent, headers={"Accept": "application/json"}).json()["fragments"]["reste"]
    assert first.label not in left and all(str(other.label) in left for other in others)
    page = text(browser.get(path))
    assert left.strip() in page and 'id="reste"' in page
    word = page[page.index('<label for="comment">') :][:200]
    assert ("(obligatoire)" in word) is bool(made.call.rule_version["overall_comment_required"])
