"""The pages of meetings: a whole meeting by clicks, from its notice to its signed minutes; what a recused member is shown; refusals in words."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from applications.models import Application
from core import reauth
from core.models import Mail
from fund.enums import Role
from fund.models import Envelope
from reviews.models import AgendaItem, Assignment, Attendance, Ballot, Decision, Declaration, Meeting, Score, Tally
from reviews.transitions import agenda, assignments, meetings
from tests.factories import reviews as make
from tests.factories.core import no_guard
from tests.factories.fund import person_with
from tests.factories.meetings import (
    adopted,
    agreed,
    all_agreed,
    attend,
    called,
    closed,
    convened,
    item_of,
    opened,
    planned,
    recuse,
    rendered,
)
from tests.factories.reviews import CIVIL, STATE

pytestmark = pytest.mark.django_db
SECRETS = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"|name="nonce" value="[^"]*"|nonce-[^"\' ]*')


def text(response) -> str:
    return response.content.decode()


def done(response):
    """The act was done: back to a page."""
    assert response.status_code == 302, re.findall(r'class="(?:error|why|errors)[^>]*>(.*?)</', text(response), re.S)
    return response


def refused(response, status: int = 422, *words: str) -> str:
    page = text(response)
    assert response.status_code == status, page
    assert 'class="errors"' in page
    for word in words:
        assert word in page
    return page


def with_recusal(college, place: int, **facts):
    """Reading is closed; one member is recused from the first file since its card, so that others read it."""
    made = make.under_review(reviews_per_college=1, **facts)
    user = made.members[college][place]
    recuse(user, min(made.files, key=lambda row: row.reference))
    made.panel = assignments.assign(panel=made.panel, actor=made.officer)
    for row in Assignment.objects.filter(state="assigned").select_related("seat__user", "application__call"):
        make.file_review(row)
    made.panel = assignments.close_reading(panel=made.panel, actor=made.officer)
    return made, user, min(made.files, key=lambda row: row.reference)


def adopts(browser, path: str, lines: dict):
    """Post the list as its reader does: what it does, read on the page and confirmed; read again when what was changed makes it another."""
    page, answer = text(browser.get(path)), None
    for _time in range(2):
        read = re.search(r'name="read" value="([^"]*)"', page)
        answer = browser.post(path, lines | {"sure": "on", "read": read.group(1) if read else ""})
        page = text(answer)
        if answer.status_code == 302 or "cochez la case" not in page and "tick the box" not in page:
            break
    return answer


def sheet(made, absent=(), **others) -> dict:
    """The attendance sheet as it is posted: everyone in the room, those named excepted."""
    return {"act": "record_all"} | {
        f"record_all-presence-{made.seat(user).pk}": "absent" if user in absent else "room"
        for college in (CIVIL, STATE)
        for user in made.members[college]
    }


def test_a_meeting_by_clicks_from_the_notice_to_the_signed_minutes(at, as_user):
    made, recused, first = with_recusal(STATE, 1, files=2, members=2, alternates=1)
    second = next(row for row in made.files if row != first)
    (civil, member), state = made.members[CIVIL], made.presidents[1]
    alternate = made.alternates[STATE][0]
    officer = as_user(made.officer)

    # convened from the ranking
    page = text(officer.get(f"/instruction/commission/{made.call.slug}/convoquer/"))
    assert first.reference in page and second.display_title in page
    day = at + timedelta(days=7)
    done(
        officer.post(
            f"/instruction/commission/{made.call.slug}/convoquer/",
            {
                "planned_at_0": day.strftime("%Y-%m-%d"),
                "planned_at_1": "14:00",
                "place": "Maison des essais, Nevers",
                "applications": [str(first.pk), str(second.pk)],
                "titles": "Points divers",
                "send": "1",
            },
        )
    )
    meeting = Meeting.objects.get()
    assert meeting.state == "convened" and meeting.notice.kind == "meeting_notice"
    assert {mail.recipient for mail in Mail.objects.filter(code="reviews/meeting.notice")} == set(made.everyone())
    run, follow = f"/instruction/seances/{meeting.pk}/", f"/commission/seances/{meeting.pk}/"
    done(as_user(member).post(follow, {"act": "announce", "announce-presence": "remote"}))
    assert Attendance.objects.get(seat__user=member).announced == "remote"

    with time_machine.travel(meeting.planned_at, tick=False):
        officer, chair, other = as_user(made.officer), as_user(civil), as_user(state)
        # nobody there: refused, with the figures of each college
        page = text(chair.get(follow))
        assert 'aria-describedby="why-meeting-open"' in page
        refused(chair.post(follow, {"act": "open"}), 409)
        done(officer.post(run, sheet(made)))
        done(chair.post(follow, {"act": "open"}))

        # the first file: one member is recused and leaves, his alternate takes the seat
        item = item_of(meeting, first)
        seat = made.seat(recused)
        refused(officer.post(run, {"act": f"discuss-{item.pk}"}), 409, str(recused))
        key = f"step_out-{item.pk}"
        done(officer.post(run, {"act": key, f"{key}-seat": seat.pk, f"{key}-replaced_by": made.seat(alternate).pk}))
        done(officer.post(run, {"act": f"discuss-{item.pk}"}))
        key = f"open_ballot-{item.pk}"
        ballot = {
            "act": key,
            f"{key}-proposal": "selected",
            f"{key}-amount": "18 500",
            f"{key}-grounds": "Un besoin établi.",
            f"{key}-mode": "open",
        }
        refused(officer.post(run, ballot | {f"{key}-amount": "18 500,01"}), 409)
        done(officer.post(run, ballot))
        page = text(as_user(recused).get(follow))
        said = re.sub(r"<table.*?</table>", "", page, flags=re.S)  # by theme, the other file asks for as much
        assert first.reference in page and first.display_title not in page and "18\u202f500" not in said
        assert f"cast-{item.pk}" not in page
        for person, own, choice in (
            (civil, civil, "for"),
            (member, member, "for"),
            (state, state, "against"),
            (alternate, recused, "for"),
        ):
            key = f"cast-{item.pk}-{made.seat(own).pk}"
            assert f'value="{key}"' in text(as_user(person).get(follow))
            done(as_user(person).post(follow, {"act": key, f"{key}-choice": choice}))
        refused(
            as_user(member).post(
                follow,
                {
                    "act": f"cast-{item.pk}-{made.seat(member).pk}",
                    f"cast-{item.pk}-{made.seat(member).pk}-choice": "against",
                },
            ),
            409,
        )
        done(chair.post(follow, {"act": f"close_vote-{item.pk}"}))
        item.refresh_from_db()
        assert (item.state, item.outcome) == ("voted", "adopted")

        # the second by secret ballot, its votes entered by each; the subject without objection
        item = item_of(meeting, second)
        done(chair.post(follow, {"act": f"discuss-{item.pk}"}))
        key = f"open_ballot-{item.pk}"
        done(
            chair.post(
                follow,
                {
                    "act": key,
                    f"{key}-proposal": "selected",
                    f"{key}-amount": "18500",
                    f"{key}-grounds": "Un partenaire engagé.",
                    f"{key}-mode": "secret",
                },
            )
        )
        for person in (civil, member, state):
            key = f"cast-{item.pk}-{made.seat(person).pk}"
            done(as_user(person).post(follow, {"act": key, f"{key}-choice": "for"}))
        key = f"close_vote-{item.pk}"
        refused(chair.post(follow, {"act": key}), 409, str(recused))
        done(chair.post(follow, {"act": key, f"{key}-anyway": "on"}))
        assert not Ballot.objects.filter(item=item).exclude(choice="").exists()
        assert sum(row.votes_for for row in Tally.objects.filter(item=item)) == 3
        subject = AgendaItem.objects.get(title="Points divers")
        done(officer.post(run, {"act": f"discuss-{subject.pk}"}))
        done(officer.post(run, {"act": f"open_ballot-{subject.pk}", f"open_ballot-{subject.pk}-mode": "consent"}))

        # the list: its total against the envelope, adopted, the money reserved and nothing notified
        free = Envelope.objects.get(pk=made.call.envelope_id).free_amount
        items = {row.application_id: row.pk for row in AgendaItem.objects.filter(application__isnull=False)}
        lines = {}
        for application in (first, second):
            pk = items[application.pk]
            lines |= {f"outcome_{pk}": "selected", f"amount_{pk}": "17000", f"grounds_{pk}": "Un besoin établi."}
        unread = chair.post(f"{follow}liste/", lines)
        assert unread.status_code == 422 and "lisez ce que fait" in text(unread).lower()
        page = refused(
            adopts(chair, f"{follow}liste/", lines | {f"grounds_{items[first.pk]}": ""}), 422, first.reference
        )
        assert f"amount_{items[first.pk]}" not in page  # the amounts are those of the votes: none is typed here
        done(adopts(chair, f"{follow}liste/", lines))
        assert Envelope.objects.get(pk=made.call.envelope_id).free_amount == free - 3_700_000
        assert set(Application.objects.filter(call=made.call).values_list("state", flat=True)) == {"under_review"}

        # both presidents close; the minutes are corrected, then signed by both
        done(chair.post(follow, {"act": "close"}))
        done(other.post(follow, {"act": "close"}))
        minutes = f"{run}proces-verbal/"
        texts = {f"revise_minutes-section-{row.position}": row.text for row in meeting.sections.filter(version=1)}
        refused(officer.post(minutes, {"act": "revise_minutes", **texts}))
        texts["revise_minutes-section-1"] += "\nUne précision."
        done(officer.post(minutes, {"act": "revise_minutes", **texts}))
        meeting.refresh_from_db()
        assert meeting.minutes_version == 2
        page = text(as_user(recused).get(f"{follow}proces-verbal/"))
        assert first.reference in page and first.display_title not in page and "Une précision." in page
        mine = f"{follow}proces-verbal/"
        refused(chair.post(mine, {"act": "sign"}))
        done(chair.post(mine, {"act": "sign", "sign-read": "on"}))
        meeting.refresh_from_db()
        assert meeting.minutes.state == "rendered" and meeting.state == "closed"
        with time_machine.travel(meeting.planned_at + timedelta(minutes=reauth.MINUTES + 1), tick=False):
            assert "next=" in done(other.post(mine, {"act": "sign", "sign-read": "on"})).url
            done(as_user(state).post(mine, {"act": "sign", "sign-read": "on"}))
    meeting.refresh_from_db()
    assert meeting.state == "minutes_adopted"
    assert {row.user for row in meeting.minutes_signatures.all()} == {civil, state}


def test_a_recused_president_signs_the_rest_and_the_acting_one_his_section(at, as_user):
    made, state, first = with_recusal(STATE, 0, files=2, members=3)
    second = next(row for row in made.files if row != first)
    made, meeting = convened(made)
    stand_in = made.members[STATE][1]
    with time_machine.travel(meeting.planned_at, tick=False):
        now = meeting.planned_at
        attend(made, meeting)
        browser = as_user(made.officer)
        run = f"/instruction/seances/{meeting.pk}/"
        key = "designate_acting"
        done(browser.post(run, {"act": key, f"{key}-seat": made.seat(stand_in).pk, f"{key}-reason": "recused"}))
        done(as_user(made.presidents[0]).post(f"/commission/seances/{meeting.pk}/", {"act": "open"}))
        item = item_of(meeting, first)
        agenda.step_out(agenda_item=item, actor=made.officer, at=now, seat=made.seat(state))
        all_agreed(made, meeting, now)
        follow = f"/commission/seances/{meeting.pk}/"
        page = text(as_user(state).get(f"{follow}liste/"))
        assert first.reference not in page and second.reference not in page
        assert as_user(state).post(f"{follow}liste/", {}).status_code == 403
        lines = {f"grounds_{row.pk}": "Motifs." for row in meeting.items.all()}
        done(adopts(as_user(made.presidents[0]), f"{follow}liste/", lines))
        for president in made.presidents:
            done(as_user(president).post(follow, {"act": "close"}))
        mine = f"{follow}proces-verbal/"
        page = text(as_user(state).get(mine))
        assert first.reference in page and first.display_title not in page and second.display_title in page
        for person in (made.presidents[0], state):
            done(as_user(person).post(mine, {"act": "sign", "sign-read": "on"}))
        assert Meeting.objects.get().state == "closed"
        assert first.display_title in text(as_user(stand_in).get(mine))
        done(as_user(stand_in).post(mine, {"act": "sign", "sign-read": "on"}))
    assert Meeting.objects.get().state == "minutes_adopted"
    counts = {row.user_id: len(row.hashes) for row in meeting.minutes_signatures.all()}
    assert counts == {made.presidents[0].pk: 4, state.pk: 3, stand_in.pk: 1}


def test_without_quorum_a_second_notice_needs_none(at, as_user):
    made, meeting = convened(files=1)
    follow, run = f"/commission/seances/{meeting.pk}/", f"/instruction/seances/{meeting.pk}/"
    with time_machine.travel(meeting.planned_at, tick=False):
        officer, chair = as_user(made.officer), as_user(made.presidents[0])
        done(officer.post(run, sheet(made, absent=made.members[STATE])))
        refused(chair.post(follow, {"act": "open"}), 409)
        done(chair.post(follow, {"act": "fail_quorum"}))
        meeting.refresh_from_db()
        assert meeting.state == "adjourned" and meeting.quorum_record.kind == "quorum_record"
        again = meeting.planned_at + timedelta(days=8)
        refused(officer.post(run, {"act": "reconvene"}))
        done(
            officer.post(
                run,
                {
                    "act": "reconvene",
                    "reconvene-planned_at_0": again.strftime("%Y-%m-%d"),
                    "reconvene-planned_at_1": "10:00",
                    "reconvene-place": "Au même endroit",
                },
            )
        )
    meeting.refresh_from_db()
    assert meeting.second_notice and meeting.state == "convened"
    with time_machine.travel(meeting.planned_at, tick=False):
        officer, chair = as_user(made.officer), as_user(made.presidents[0])
        here = (*made.members[CIVIL][:1], *made.members[STATE][:1])
        away = [user for users in made.members.values() for user in users if user not in here]
        done(officer.post(run, sheet(made, absent=away)))
        done(chair.post(follow, {"act": "open"}))


def test_wrong_inputs_are_answered_beside_their_field_and_nothing_typed_is_lost(at, as_user):
    made = make.reviewed(files=2, members=2, alternates=1)
    officer, path = as_user(made.officer), f"/instruction/commission/{made.call.slug}/convoquer/"
    typed = {"planned_at_0": "2026-13-45", "planned_at_1": "14:00", "place": "Nevers", "titles": "Points divers"}
    page = refused(officer.post(path, typed | {"send": "1"}))
    assert "Nevers" in page and "Points divers" in page and "2026-13-45" in page
    refused(officer.post(path, typed | {"planned_at_0": "2026-11-25", "remote_link": "pas un lien"}))
    soon = typed | {"planned_at_0": "2026-11-26", "applications": [str(made.files[0].pk)]}
    refused(officer.post(path, soon | {"send": "1"}), 409)
    assert not Meeting.objects.exists()
    refused(officer.post(path, soon | {"applications": ["999999"]}))
    done(officer.post(path, soon))
    meeting = Meeting.objects.get()
    assert 'class="alert next"' in text(officer.get(f"/instruction/seances/{meeting.pk}/"))  # too soon for a notice
    run = f"/instruction/seances/{meeting.pk}/"
    refused(officer.post(run, {"act": "convene", "convene-urgency_reason": ""}), 409)
    done(officer.post(run, {"act": "convene", "convene-urgency_reason": "Crue de la Loire"}))
    for act, status in (("nothing", 400), ("discuss-0", 404), ("discuss-x", 404), ("cast-1", 400), ("", 400)):
        assert officer.post(run, {"act": act}).status_code == status
    civil, member = made.members[CIVIL]
    seat, other = made.seat(member), made.seat(made.members[STATE][0])
    wrong = sheet(made) | {
        f"record_all-presence-{seat.pk}": "proxy",
        f"record_all-represented_by-{seat.pk}": str(other.pk),
    }
    refused(officer.post(run, wrong))  # not among the choices: the other college
    wrong[f"record_all-represented_by-{seat.pk}"] = ""
    page = refused(officer.post(run, wrong))
    assert f"id_record_all-represented_by-{seat.pk}_error" in page
    good = wrong | {f"record_all-represented_by-{seat.pk}": str(made.seat(civil).pk)}
    done(officer.post(run, good))
    assert Attendance.objects.get(seat=seat).represented_by == made.seat(civil)
    alternate = made.seat(made.alternates[CIVIL][0])
    good |= {f"record_all-presence-{seat.pk}": "alternate", f"record_all-represented_by-{seat.pk}": str(alternate.pk)}
    done(officer.post(run, good))
    assert Attendance.objects.get(seat=seat).represented_by == alternate
    refused(officer.post(run, {"act": "cancel"}), 403)


def test_a_meeting_is_cancelled_with_a_reason_that_its_page_shows(at, as_user):
    made, meeting = planned(files=2)
    president, path = as_user(made.presidents[0]), f"/commission/seances/{meeting.pk}/"
    refused(president.post(path, {"act": "cancel", "cancel-reason": " "}))
    done(president.post(path, {"act": "cancel", "cancel-reason": "Salle indisponible."}))
    page = text(as_user(made.presidents[1]).get(path))
    assert "Salle indisponible." in page and str(made.presidents[0]) in page


def test_the_agenda_changes_before_and_after_the_notice(at, as_user):
    made, meeting = planned(files=2)
    first, second = made.files
    officer, path = as_user(made.officer), f"/instruction/seances/{meeting.pk}/ordre-du-jour/"
    assert "Nevers" in text(officer.get(path))
    day = {"planned_at_0": "2026-12-10", "planned_at_1": "09:30", "place": "Ailleurs"}
    done(officer.post(path, day | {"applications": [str(first.pk)], "titles": "Règlement intérieur"}))
    meeting.refresh_from_db()
    assert meeting.place == "Ailleurs" and meeting.items.filter(state="listed").count() == 2
    done(officer.post(f"/instruction/seances/{meeting.pk}/", {"act": "convene"}))
    page = text(officer.get(path))
    assert "planned_at" not in page
    done(officer.post(path, {"applications": [str(first.pk), str(second.pk)], "titles": ""}))
    assert meeting.items.filter(state="listed").count() == 2
    assert Mail.objects.filter(code="reviews/meeting.notice").count() >= 2 * len(made.everyone())


def test_each_page_opens_for_whom_it_is(at, as_user):
    made, meeting, now = closed(files=1)
    stranger = person_with(Role.PANEL_MEMBER, CIVIL)
    auditor = person_with(Role.AUDITOR)
    member = made.members[CIVIL][1]
    follow, run = f"/commission/seances/{meeting.pk}/", f"/instruction/seances/{meeting.pk}/"
    for tail in ("", "liste/", "proces-verbal/"):
        assert Client().get(follow + tail).status_code == 302
        assert as_user(made.officer).get(follow + tail).status_code == 403
        assert as_user(stranger).get(follow + tail).status_code == 404
        assert as_user(member).get(follow + tail).status_code == 200
        assert as_user(member).get(run + tail).status_code == 403
        assert as_user(made.officer).get(run + tail).status_code == 200
        assert as_user(auditor).get(run + tail).status_code == 200
    assert as_user(auditor).get(f"/instruction/commission/{made.call.slug}/convoquer/").status_code == 403
    assert as_user(made.officer).get(f"{run}ordre-du-jour/").status_code == 404
    assert as_user(stranger).get("/commission/seances/").status_code == 200
    assert meeting.reference in text(as_user(member).get("/commission/seances/"))
    assert meeting.reference not in text(as_user(stranger).get("/commission/seances/"))
    assert meeting.reference in text(as_user(auditor).get("/instruction/seances/"))


def _pages(user, meeting) -> list[tuple[int, str]]:
    browser = Client()
    browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    follow = f"/commission/seances/{meeting.pk}/"
    points = [f"{follow}?point={pk}" for pk in meeting.items.values_list("pk", flat=True)]
    found = [
        browser.get(path)
        for path in (
            "/commission/seances/",
            follow,
            *points,
            f"{follow}proces-verbal/",
            f"{follow}liste/",
            f"{follow}sans-debat/",
        )
    ]
    return [(answer.status_code, SECRETS.sub("", text(answer))) for answer in found]


@pytest.mark.parametrize("stage", ["discussed", "voted", "minuted"])
@pytest.mark.screens
def test_two_worlds_that_differ_in_a_closed_files_secrets_give_the_same_bytes(at, stage):
    made, president, hidden = with_recusal(STATE, 0, files=3, members=3)
    made, meeting, now = opened(made)
    item = item_of(meeting, hidden)
    agenda.step_out(agenda_item=item, actor=made.officer, at=now, seat=made.seat(president))
    if stage == "discussed":
        called(made, item, now)
    else:
        for row in meeting.items.filter(application__isnull=False).select_related("application"):
            agreed(made, row, now)
    if stage == "minuted":
        meetings.adopt_list(meeting=meeting, actor=made.presidents[0], at=now)
        for person in made.presidents:
            meetings.close(meeting=meeting, actor=person, at=now)
    before = _pages(president, meeting)
    Application.objects.filter(pk=hidden.pk).update(title="Un autre titre", requested_amount=999_900)
    AgendaItem.objects.filter(pk=item.pk).update(title="Autre", grounds="Autre", debate="Autre", amount=12_300)
    if stage != "discussed":
        AgendaItem.objects.filter(pk=item.pk).update(outcome="rejected", proposal="selected")
        Tally.objects.filter(item=item).update(votes_for=0, against=3)
    Score.objects.filter(assignment__application=hidden).update(half_points=1)
    with no_guard():
        Decision.objects.filter(application=hidden).update(amount=12_300)
    assert _pages(president, meeting) == before
    assert any(hidden.reference in page for _status, page in before)


def test_who_did_not_declare_sees_the_reference_only(at, as_user):
    made, meeting, now = opened(files=2)
    member, application = made.members[CIVIL][1], made.files[0]
    Declaration.objects.filter(user=member, application=application).update(state="required")
    page = text(as_user(member).get(f"/commission/seances/{meeting.pk}/?point={item_of(meeting, application).pk}"))
    assert application.reference in page and application.display_title not in page
    assert f"/commission/declarations/{made.call.slug}/" in page


def test_a_recused_member_or_officer_acts_on_nothing_of_the_file(at, as_user):
    made, meeting, now = opened(files=2)
    application = made.files[0]
    president = made.presidents[1]
    recuse(president, application)
    item = item_of(meeting, application)
    browser, follow = as_user(president), f"/commission/seances/{meeting.pk}/"
    for act in ("discuss", "note", "defer", "withdraw", "open_ballot", "ask_secret"):
        answer = browser.post(follow, {"act": f"{act}-{item.pk}", f"{act}-{item.pk}-reason": "Pour voir"})
        assert answer.status_code == 403 and application.display_title not in text(answer)
    item.refresh_from_db()
    assert item.state == "listed"


def test_a_secret_ballot_tells_nobody_anything_before_it_closes(at, as_user):
    made, meeting, now = opened(files=1)
    item = called(made, item_of(meeting), now)
    with time_machine.travel(now, tick=False):
        agenda.open_ballot(
            agenda_item=item,
            actor=made.presidents[0],
            mode="secret",
            proposal="selected",
            amount=1_000_000,
            amount_reason="Un seul quartier suffit pour essayer.",
            grounds="Oui.",
        )
        member = made.members[CIVIL][1]
        follow = f"/commission/seances/{meeting.pk}/"
        before = SECRETS.sub("", text(as_user(made.presidents[0]).get(follow)))
        key = f"cast-{item.pk}-{made.seat(member).pk}"
        refused(as_user(member).post(follow, {"act": key}))
        pages = []
        for choice in ("for", "against"):
            Ballot.objects.all().delete()
            Tally.objects.all().delete()
            done(as_user(member).post(follow, {"act": key, f"{key}-choice": choice}))
            pages.append(SECRETS.sub("", text(as_user(made.presidents[0]).get(follow))))
        assert pages[0] == pages[1] != before
        key = f"cast_hands-{item.pk}"
        seat = made.seat(made.members[STATE][1])
        assert key not in pages[0]
        refused(
            as_user(made.officer).post(
                f"/instruction/seances/{meeting.pk}/", {"act": key, f"{key}-seat-{seat.pk}": "for"}
            ),
            403,
        )


def test_a_show_of_hands_is_entered_by_the_secretary(at, as_user):
    made, meeting, now = opened(files=1, majority="college_weighted", legal_basis="Statuts, art. 9")
    item = called(made, item_of(meeting), now)
    with time_machine.travel(now, tick=False):
        agenda.open_ballot(
            agenda_item=item,
            actor=made.presidents[0],
            mode="open",
            proposal="selected",
            amount=1_000_000,
            amount_reason="Un seul quartier suffit pour essayer.",
            grounds="Oui.",
        )
        run, key = f"/instruction/seances/{meeting.pk}/", f"cast_hands-{item.pk}"
        officer = as_user(made.officer)
        assert key in text(officer.get(run))
        assert key not in text(as_user(made.members[CIVIL][1]).get(f"/commission/seances/{meeting.pk}/"))
        hands = {
            f"{key}-seat-{made.seat(user).pk}": "for" if college == CIVIL else "abstain"
            for college in (CIVIL, STATE)
            for user in made.members[college]
        }
        done(officer.post(run, {"act": key, **hands}))
        done(officer.post(run, {"act": f"close_vote-{item.pk}"}))
    item.refresh_from_db()
    assert item.state == "deferred"  # one college silent: the item is deferred, and its count kept


def test_the_minutes_may_be_refused_with_a_reason(at, as_user):
    made, meeting, now = closed(files=1)
    meeting = rendered(meeting)
    path = f"/commission/seances/{meeting.pk}/proces-verbal/"
    browser = as_user(made.presidents[1])
    refused(browser.post(path, {"act": "refuse_minutes"}))
    done(browser.post(path, {"act": "refuse_minutes", "refuse_minutes-reason": "Le débat est mal résumé."}))
    assert "Le débat est mal résumé." in text(
        as_user(made.officer).get(f"/instruction/seances/{meeting.pk}/proces-verbal/")
    )
    assert as_user(made.members[CIVIL][1]).post(path, {"act": "sign", "sign-read": "on"}).status_code == 403


@pytest.mark.parametrize("files", [1, 20])
def test_the_queries_of_the_pages_do_not_grow(at, as_user, files, django_assert_num_queries):
    made, meeting, now = opened(files=files)
    with time_machine.travel(now, tick=False):
        member, officer = as_user(made.members[CIVIL][1]), as_user(made.officer)
        called(made, item_of(meeting), now)
        follow, run = f"/commission/seances/{meeting.pk}/", f"/instruction/seances/{meeting.pk}/"
        member.get(follow)
        officer.get(run)
        with django_assert_num_queries(FOLLOW):
            member.get(follow)
        with django_assert_num_queries(RUN):
            officer.get(run)
        with django_assert_num_queries(INDEX):
            member.get("/commission/seances/")


FOLLOW, RUN, INDEX = 58, 83, 6
LIST, MINUTES, PLAN = 38, 22, 32


@pytest.mark.parametrize("files", [1, 20])
def test_the_queries_of_the_papers_do_not_grow(at, as_user, files, django_assert_num_queries):
    made = make.reviewed(files=files)
    with django_assert_num_queries(PLAN):
        as_user(made.officer).get(f"/instruction/commission/{made.call.slug}/convoquer/")
    made, meeting, now = opened(made)
    all_agreed(made, meeting, now)
    with time_machine.travel(now, tick=False):
        chair, officer = as_user(made.presidents[0]), as_user(made.officer)
        with django_assert_num_queries(LIST):
            chair.get(f"/commission/seances/{meeting.pk}/liste/")
        meetings.adopt_list(meeting=meeting, actor=made.presidents[0], at=now)
        for president in made.presidents:
            meetings.close(meeting=meeting, actor=president, at=now)
        with django_assert_num_queries(MINUTES):
            officer.get(f"/instruction/seances/{meeting.pk}/proces-verbal/")


def test_the_papers_of_an_adopted_meeting_are_on_its_page(at, as_user):
    made, meeting, now = adopted(files=1)
    page = text(as_user(made.members[CIVIL][1]).get(f"/commission/seances/{meeting.pk}/"))
    assert f"/documents/{meeting.notice.code}/" in page and f"/documents/{meeting.minutes.code}/" in page
