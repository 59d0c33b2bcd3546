"""An external expert asked by link for one file: who may ask whom, what the link opens, who reads the opinion."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from applications.models import Attachment
from core.models import Event, Mail, User
from core.transitions import Refusal
from fund.models import Call
from reviews.documents.minutes import draft_sections
from reviews.models import ExpertRequest
from reviews.queries import experts as queries
from reviews.tasks import nudge_experts
from reviews.transitions import agenda, experts
from tests.factories import meetings
from tests.factories import reviews as make
from tests.reviews.test_reader_screens import document

pytestmark = pytest.mark.django_db

WORD = "Le protocole de mesure tient debout."
FACTS = {
    "name": "Ada Experte",
    "email": "ada@labo.example",
    "organisation": "Laboratoire des usages",
    "expertise": "accessibilité",
    "question": "Le prototype est-il accessible ?",
}


@pytest.fixture
def made(at):
    return make.reading(files=2, members=2)


def ask(made, *, at=None, application=None, actor=None, **facts):
    at = at or timezone.now()
    return experts.ask(
        application=application or made.files[0],
        actor=actor or made.officer,
        at=at,
        **{**FACTS, "deadline_at": at + timedelta(days=10)} | facts,
    )


def free(row, at=None):
    return experts.declare_free(
        expert_request=row,
        actor=User.objects.system(),
        at=at or timezone.now(),
        token=row.link_token,
        no_interest=True,
        secrecy=True,
    )


def given(made, **facts):
    row = free(ask(made, **facts))
    return experts.submit(expert_request=row, actor=User.objects.system(), token=row.link_token, opinion=WORD)


def filed_paper(application):
    document(application)
    return Attachment.objects.get(application=application, name="lettre.pdf")


def steady(response) -> str:
    """A page without what changes at each request."""
    return re.sub(r'(nonce|value)="[^"]{20,}"', "", response.content.decode())


def code(function, *args, **facts):
    with pytest.raises(Refusal) as refusal:
        function(*args, **facts)
    return refusal.value.code


def page(row, token=None, **post):
    path = f"/expertise/{token or row.link_token}/"
    return Client().post(path, post) if post else Client().get(path)


# ---- who asks whom ----


def test_a_request_names_a_person_a_question_and_a_time(made):
    for field, wrong in (
        ("name", " "),
        ("organisation", ""),
        ("expertise", ""),
        ("question", ""),
    ):
        assert code(ask, made, **{field: wrong}) == "request_incomplete"
    assert code(ask, made, email="ada@") == "email_invalid"
    assert code(ask, made, deadline_at=timezone.now() + timedelta(hours=3)) == "deadline_unreasonable"
    ask(made)
    assert code(ask, made, email="Ada@labo.example") == "already_asked"


def test_an_expert_comes_from_outside(made):
    application = made.files[0]
    partner = application.partnerships.get()
    for facts in (
        {"email": application.lead.email.upper()},
        {"email": partner.agent_email},
        {"email": made.members[make.STATE][1].email},
        {"email": made.alternates[make.CIVIL][0].email},
        {"organisation": partner.organisation.name.upper()},
    ):
        assert code(ask, made, **facts) == "expert_not_independent"
    Call.objects.filter(pk=made.call.pk).update(blind=True)
    with pytest.raises(Refusal) as one:
        ask(made, application=made.files[0], email=application.lead.email)
    with pytest.raises(Refusal) as other:
        ask(made, application=made.files[0], email=partner.agent_email)
    assert str(one.value) == str(other.value)


def test_the_secretary_and_the_chairs_ask_never_a_member_nor_who_is_recused(made):
    application, chair = made.files[0], made.presidents[0]
    assert code(ask, made, actor=made.members[make.CIVIL][1]) == "not_permitted"
    assert code(ask, made, actor=application.lead) == "not_permitted"
    ask(made, actor=chair)
    meetings.recuse(chair, application)
    assert code(ask, made, actor=chair, email="bob@labo.example") == "recused"
    row = ExpertRequest.objects.get()
    assert code(experts.revoke, expert_request=row, actor=chair, reason="Non.") == "recused"
    assert code(experts.remind, expert_request=row, actor=chair) == "recused"


def test_experts_are_asked_while_the_panel_works(at):
    made = make.world(files=1, members=2)
    assert code(ask, made) == "panel_not_at_work"
    row = ask(make.reading(made))
    type(row.application).objects.filter(pk=row.application_id).update(state="withdrawn", closed_at=timezone.now())
    assert page(row).status_code == 410 and code(free, row) == "expert_link_over"


# ---- the link ----


def test_the_link_is_kept_as_a_hash_and_opened_by_a_post_only(made):
    row = ask(made)
    assert row.link_token not in str(ExpertRequest.objects.values().get())
    assert row.link_token not in str(list(Event.objects.values()))
    mail = Mail.objects.get(code="reviews/expert.asked")
    assert mail.to == FACTS["email"] and f"/expertise/{row.link_token}/" in mail.text
    before, first = row.link_token, page(row)
    assert first.status_code == 200 and "no-store" in first["Cache-Control"] and first["X-Robots-Tag"] == "noindex"
    assert first["Referrer-Policy"] == "same-origin"
    assert "Une visite sur trois" not in first.content.decode()
    assert ExpertRequest.objects.get().state == "asked"
    assert page(row, act="declare_free").status_code == 422
    answer = page(row, **{"act": "declare_free", "declare_free-no_interest": "on", "declare_free-secrecy": "on"})
    assert answer.status_code == 302 and before not in answer["Location"]
    assert page(row, before).status_code == 410
    assert page(row, before, act="declare_free").status_code == 410
    assert Client().get(answer["Location"]).status_code == 200
    assert page(row, "inconnu").status_code == 404


def test_an_opinion_is_kept_as_a_draft_then_given_once(made):
    row = free(ask(made))
    answer = page(row, **{"act": "save_opinion", "opinion-opinion": "Brouillon"})
    assert answer.status_code == 302 and "Brouillon" in page(row).content.decode()
    assert queries.opinions(row.application, made.members[make.CIVIL][1]) == []
    assert page(row, **{"act": "submit", "opinion-opinion": " "}).status_code == 422
    assert page(row, **{"act": "submit", "opinion-opinion": WORD}).status_code == 302
    closed = page(row)
    assert closed.status_code == 200 and WORD not in closed.content.decode()
    assert code(
        experts.submit, expert_request=row, actor=User.objects.system(), token=row.link_token, opinion="Autre"
    ) in ("not_allowed_in_state", "expert_link_used")
    assert Mail.objects.filter(code="reviews/expert.submitted", recipient=made.officer).count() == 1
    verbs = list(Event.objects.filter(machine="expert_request").order_by("pk").values_list("verb", flat=True))
    assert verbs == ["ask", "declare_free", "save_opinion", "submit"]


def test_an_interest_closes_the_file_and_takes_the_draft(made):
    row = free(ask(made))
    page(row, **{"act": "save_opinion", "opinion-opinion": "Brouillon"})
    assert page(row, **{"act": "declare_conflict", "declare_conflict-ground": ""}).status_code == 422
    assert page(row, **{"act": "declare_conflict", "declare_conflict-ground": "family_tie"}).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.opinion) == ("conflicted", "") and page(row).status_code == 410
    assert Mail.objects.filter(code="reviews/expert.ended").count() == 1


def test_a_link_expires_is_extended_and_withdrawn(made):
    now = timezone.now()
    row = ask(made, at=now - timedelta(days=20), deadline_at=now - timedelta(days=1))
    assert page(row).status_code == 410 and code(free, row) == "expert_link_expired"
    experts.extend(expert_request=row, actor=made.officer, deadline_at=now + timedelta(days=5))
    assert page(row).status_code == 200
    assert code(experts.remind, expert_request=row, actor=made.officer) == "reminded_today"
    assert code(experts.revoke, expert_request=row, actor=made.officer, reason="") == "reason_missing"
    experts.revoke(expert_request=row, actor=made.officer, reason="Plus nécessaire.")
    assert page(row).status_code == 410 and code(free, row) in ("not_allowed_in_state", "expert_link_used")


def test_the_clock_nudges_once_three_days_before(made):
    now = timezone.now()
    row = ask(made)
    assert nudge_experts(now + timedelta(days=6), User.objects.system()) == 0
    assert nudge_experts(now + timedelta(days=8), User.objects.system()) == 1
    assert nudge_experts(now + timedelta(days=8, hours=3), User.objects.system()) == 0
    assert row.link_token in Mail.objects.get(code="reviews/expert.reminder").text


def test_too_many_requests_on_a_link_are_refused(made, monkeypatch):
    from reviews.views.experts import LinkThrottle

    monkeypatch.setattr(LinkThrottle, "allow_request", lambda *_: False)
    assert page(ask(made)).status_code == 429


# ---- what the expert reads ----


def test_the_expert_reads_what_a_reader_reads_and_no_other_file(made):
    application, other = made.files
    piece, strange = filed_paper(application), filed_paper(other)
    row = ask(made)
    assert Client().get(f"/expertise/{row.link_token}/pieces/{piece.pk}/").status_code == 404  # not declared yet
    row = free(row)
    text = page(row).content.decode()
    assert "Une visite sur trois" in text and application.lead.email not in text and other.reference not in text
    assert Client().get(f"/expertise/{row.link_token}/pieces/{piece.pk}/").status_code == 200
    assert Client().get(f"/expertise/{row.link_token}/pieces/{strange.pk}/").status_code == 404
    type(piece).objects.filter(pk=piece.pk).update(scan_state="pending")
    assert Client().get(f"/expertise/{row.link_token}/pieces/{piece.pk}/").status_code == 404


def test_a_blind_call_stays_blind_for_the_expert(made):
    Call.objects.filter(pk=made.call.pk).update(blind=True)
    application = made.files[0]
    piece, row = filed_paper(application), ask(made, application=application)
    names = (application.laureate_name, str(application.lead), application.partnerships.get().organisation.name)
    card = page(row).content.decode()
    row = free(row)
    text = page(row).content.decode()
    assert not any(name in card or name in text for name in names) and piece.name not in text
    assert Client().get(f"/expertise/{row.link_token}/pieces/{piece.pk}/").status_code == 404


# ---- who reads the opinion ----


def test_members_without_interest_officers_and_auditors_read_it(made, as_user):
    row, member = given(made), made.members[make.CIVIL][1]
    application = row.application
    text = as_user(member).get(f"/commission/dossiers/{application.reference}/").content.decode()
    assert WORD in text and FACTS["name"] in text and FACTS["organisation"] in text and FACTS["email"] not in text
    assert WORD in as_user(made.officer).get(f"/instruction/dossiers/{application.reference}/experts/").content.decode()
    assert (
        WORD
        in as_user(made.presidents[0]).get(f"/commission/dossiers/{application.reference}/experts/").content.decode()
    )
    assert as_user(member).get(f"/commission/dossiers/{application.reference}/experts/").status_code == 403
    for user in (application.lead, made.files[1].lead):
        assert queries.opinions(application, user) == []
    meetings.recuse(made.presidents[1], application)
    assert as_user(made.presidents[1]).get(f"/commission/dossiers/{application.reference}/experts/").status_code == 404
    assert ExpertRequest.objects.visible_to(made.presidents[1]).count() == 0


def test_a_recused_members_pages_do_not_move(at, as_user):
    made, meeting, now = meetings.opened(files=2, members=2)
    application, member = made.files[0], made.members[make.STATE][1]
    meetings.recuse(member, application)
    item = meetings.item_of(meeting, application)
    agenda.step_out(agenda_item=item, actor=made.officer, at=now, seat=made.seat(member))
    meetings.called(made, item, now)
    paths = (
        "/commission/",
        f"/commission/dossiers/{application.reference}/",
        f"/commission/seances/{meeting.pk}/en-direct/",
    )
    before = [steady(as_user(member).get(path)) for path in paths]
    given(made)
    assert [steady(as_user(member).get(path)) for path in paths] == before
    other = as_user(made.members[make.CIVIL][1])
    assert WORD in other.get(f"/commission/seances/{meeting.pk}/").content.decode()
    said = [part["text"] for part in draft_sections(meeting, now) if FACTS["name"] in part["text"]]
    assert len(said) == 1 and "Expert entendu : Ada Experte (Laboratoire des usages)" in said[0]


@pytest.mark.parametrize("count", [1, 20])
def test_the_pages_ask_the_same_queries_whatever_the_number(made, as_user, django_assert_num_queries, count):
    application = made.files[0]
    now = timezone.now()
    ExpertRequest.objects.bulk_create(
        ExpertRequest(
            **FACTS | {"email": f"e{number}@labo.example"},
            application=application,
            state="submitted",
            asked_by=made.officer,
            asked_at=now,
            deadline_at=now,
            declared_at=now,
            submitted_at=now,
            closed_at=now,
            opinion=WORD,
        )
        for number in range(count)
    )
    browser = as_user(made.officer)
    browser.get(f"/instruction/dossiers/{application.reference}/experts/")
    with django_assert_num_queries(10):
        browser.get(f"/instruction/dossiers/{application.reference}/experts/")
