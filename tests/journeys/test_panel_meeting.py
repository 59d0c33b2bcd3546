"""A meeting of a panel of six and six on thirty files, in the browsers of those who hold it: from the declaration of an interest to the letters.

The call, the files and most readings are made below the browser, by their verbs: what is shown here is the meeting.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db.models import Sum
from django.utils import timezone

from core.models import User
from reviews.models import Assignment, Decision, Declaration, Meeting
from reviews.models.meeting import Ballot, Vote
from reviews.transitions import agenda, declarations
from tests.factories import reviews as make
from tests.factories.meetings import agreed, item_of
from tests.factories.reviews import CIVIL, STATE
from tests.journeys import panel
from tests.journeys.people import PASSWORD

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

FILES, MEMBERS, ENVELOPE = 30, 6, 30_000_000
REASON = "Le quartier nord suffit pour mesurer l’effet."
DISSENT = "Le coût de l’essai n’est pas établi par les pièces du dossier."


@pytest.fixture
def room(stage, calendar):
    return Room(stage, calendar)


class Room:
    """The panel as the journey knows it: who is who, and the browser of those who use one."""

    def __init__(self, stage, calendar):
        self.stage, self.calendar = stage, calendar
        self.made = make.under_review(files=FILES, members=MEMBERS, envelope=ENVELOPE, declare=False)
        self.call = self.made.call.slug
        self.debated, self.linked, *_others = sorted(self.made.files, key=lambda row: row.pk)
        self.linked.title = "Le jardin des écluses"  # no other title begins like it
        self.linked.save(update_fields=["title"])
        civil, state = self.made.members[CIVIL], self.made.members[STATE]
        self.recused, self.alternate, self.against = civil[1], self.made.alternates[CIVIL][0], state[1]
        self.officer, self.civil, self.state, self.visitor = (
            self.enters(user) for user in (self.made.officer, civil[0], state[0], None)
        )
        self.member, self.critic, self.stand_in = (
            self.enters(user) for user in (self.recused, self.against, self.alternate)
        )

    def enters(self, user: User | None):
        if user is None:
            return self.stage.person("visitor")
        User.objects.filter(pk=user.pk).update(password=make_password(PASSWORD))
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        return self.stage.person(user.name, user.email).signs_in()

    @property
    def meeting(self) -> Meeting:
        return Meeting.objects.get(call=self.made.call)

    def here(self, item=None) -> str:
        return f"/commission/seances/{self.meeting.pk}/" + (f"?point={item.pk}" if item else "")

    def desk(self, item=None) -> str:
        return self.here(item).replace("/commission/", "/instruction/")

    def voters(self, *, without: tuple[User, ...]) -> list[User]:
        return [user for group in self.made.members.values() for user in group if user not in without]


def test_six_and_six_meet_on_thirty_files(room, letters):
    a_member_declares_an_interest(room)
    the_readings_are_filed(room)
    the_notice_leaves(room)
    the_session_opens_once_each_college_is_there(room)
    the_file_with_an_interest_is_voted_without_her(room)
    an_amount_is_lowered_and_a_member_dissents(room)
    clear_files_pass_in_one_act(room)
    the_session_is_adjourned_and_held_again(room)
    the_list_is_adopted_within_the_envelope(room)
    the_minutes_and_the_decisions_are_signed(room)
    everybody_is_told_at_once(room, letters)


def a_member_declares_an_interest(room) -> None:
    room.officer.goes(f"/instruction/commission/{room.call}/").sees("6")
    panel.declares({"her": room.member}, room.call, recused="her", reference=room.linked.reference)
    room.member.goes("/commission/").sees_not(room.linked.title)
    for row in Declaration.objects.filter(state="required").select_related("user", "application"):
        declarations.declare_none(declaration=row, actor=row.user)


def the_readings_are_filed(room) -> None:
    """Equal readings of each college; one in the browser, the others by the verb. The first file parts the colleges."""
    room.officer.goes(f"/instruction/commission/{room.call}/repartition/").does("assign")
    assert panel.reads_next(room.critic, points="6")
    lightest = room.made.call.criteria.order_by("weight").first()
    places = {row.pk: place for place, row in enumerate(room.made.files)}
    rows = Assignment.objects.filter(state="assigned").select_related("seat__user", "application__call")
    for row in rows.order_by("pk"):
        place = places[row.application_id]
        points = (10 if row.seat.college == CIVIL else 6) if place == 0 else 9 - place // MEMBERS
        make.file_review(
            row, points, **{lightest.code: max(0, points - place % MEMBERS)}
        )  # no two files score the same
    room.officer.goes(f"/instruction/commission/{room.call}/").does("close_reading")
    room.officer.goes(f"/instruction/commission/{room.call}/classement/").sees(room.debated.reference)
    room.member.goes("/commission/").sees_not(room.linked.title)


def the_notice_leaves(room) -> None:
    assert panel.convenes(room.officer, room.calendar, room.call, days=14) == str(room.meeting.pk)
    assert room.meeting.items.filter(application__isnull=False).count() == FILES
    room.member.goes(room.here()).sees("Déport", room.debated.reference).sees_not(room.linked.title)


def the_session_opens_once_each_college_is_there(room) -> None:
    """Six of one college and two of the other are no quorum, however many that makes; the third opens the session."""
    takes_attendance(room, away=room.made.members[STATE][2:])
    room.civil.goes(room.here()).sees("quorum")
    form = room.civil.page.locator('form:has([name="act"][value="open"])')
    assert not form.count() or form.locator("button").count() == 0 or form.locator("button[disabled]").count()
    takes_attendance(room, away=())
    room.civil.goes(room.here()).does("open")
    assert room.meeting.state == "open"


def takes_attendance(room, *, away) -> None:
    room.officer.goes(room.desk())
    room.officer._open_details()
    seats = {str(room.made.seat(user).pk) for user in away}
    for presence in room.officer.page.locator('main select[name*="presence-"]').all():
        number = presence.get_attribute("name").rpartition("-")[2]
        presence.select_option("absent" if number in seats else "room")
    room.officer.does("record_all")


def the_file_with_an_interest_is_voted_without_her(room) -> None:
    item = item_of(room.meeting, room.linked)
    room.officer.goes(room.desk(item)).does(
        f"step_out-{item.pk}",
        {
            "seat": panel.option(room.officer, "seat", room.recused.name),
            "replaced_by": panel.option(room.officer, "replaced_by", room.alternate.name),
        },
    )
    puts_to_the_vote(room, item, grounds="Besoin établi, essai mesurable.")
    room.member.goes(room.here(item)).sees("Déport").sees_not(room.linked.title)
    casts(room.stand_in, room, item, "for")
    votes(room, item, room.voters(without=(room.recused,)))
    room.officer.goes(room.desk(item)).does(f"close_vote-{item.pk}")
    vote = Vote.objects.get(item=item)
    ballots = Ballot.objects.filter(item=item)
    assert vote.outcome == "adopted" and ballots.count() == 2 * MEMBERS
    assert ballots.get(seat__user=room.recused).entered_by == room.alternate  # the seat votes, by another person
    assert not ballots.filter(entered_by=room.recused).exists()


def an_amount_is_lowered_and_a_member_dissents(room) -> None:
    item = item_of(room.meeting, room.debated)
    room.officer.goes(room.desk(item))
    puts_to_the_vote(room, item, amount="15 000", amount_reason=REASON, grounds="Essai utile, budget resserré.")
    room.critic.goes(room.here(item)).sees(REASON)
    casts(room.critic, room, item, "against")
    casts(room.civil, room, item, "for")
    votes(room, item, room.voters(without=(room.against, room.made.presidents[0])))
    room.officer.goes(room.desk(item)).does(f"close_vote-{item.pk}")
    assert Vote.objects.get(item=item).amount == 1_500_000
    room.critic.goes(f"/commission/seances/{room.meeting.pk}/desaccord/{item.pk}/").sends({"text": DISSENT})
    room.critic.sees(DISSENT)


def puts_to_the_vote(room, item, **values) -> None:
    room.officer.goes(room.desk(item)).does(f"discuss-{item.pk}")
    room.officer.does(f"open_ballot-{item.pk}", {"proposal": "selected", "mode": "open"} | values)


def casts(person, room, item, choice: str) -> None:
    person.goes(room.here(item))
    act = person.page.locator(f'main [name="act"][value^="cast-{item.pk}-"]').first.get_attribute("value")
    person.does(act, {"choice": choice})


def votes(room, item, users) -> None:
    """Those who use no browser of the journey."""
    for user in users:
        agenda.cast(agenda_item=item, actor=user, at=timezone.now(), seat=room.made.seat(user), choice="for")


def clear_files_pass_in_one_act(room) -> None:
    """The president who may see every file proposes them; a member takes one out; one act votes the others."""
    here = f"/commission/seances/{room.meeting.pk}/sans-debat/"
    room.civil.goes(here).sees_not(room.debated.reference).does("propose_clear")
    proposed = room.civil.page.locator('[name="act"][value^="take_out-"]').count()
    assert proposed > MEMBERS
    taken = room.critic.goes(here).page.locator('[name="act"][value^="take_out-"]').first.get_attribute("value")
    room.critic.does(taken)
    room.civil.context.set_default_timeout(
        60_000
    )  # some twenty-five votes in one act, on a machine that does other things
    room.civil.goes(here).does(
        "put_clear", {"grounds_selected": "Lectures concordantes, essai simple et utile.", "sure": True}
    )
    voted = Vote.objects.filter(item__meeting=room.meeting, mode="consent", outcome="adopted")
    assert voted.count() == proposed - 1


def the_session_is_adjourned_and_held_again(room) -> None:
    room.civil.goes(room.here()).does("adjourn", {"reason": "Il est tard : la suite jeudi."})
    then = room.calendar.now + timedelta(days=9)
    room.officer.goes(room.desk()).does(
        "reconvene", {"planned_at_0": then.date().isoformat(), "planned_at_1": "14:00", "place": "Salle du canal"}
    )
    room.calendar.work()
    room.calendar.later(days=9, at=then.replace(hour=14, minute=5).time())
    takes_attendance(room, away=())
    room.state.goes(room.here()).does("open")
    waiting = room.meeting.items.filter(application__isnull=False, state="listed").select_related("application")
    assert waiting
    for item in waiting.order_by("position"):
        agreed(room.made, item, timezone.now(), proposal="selected")


def the_list_is_adopted_within_the_envelope(room) -> None:
    room.civil.goes(f"/commission/seances/{room.meeting.pk}/liste/").sends(refused=True).sees("Écrivez les motifs")
    for grounds in room.civil.page.locator('main textarea[name^="grounds_"]').all():
        if not grounds.input_value():
            grounds.fill("Essai utile, que l’enveloppe n’atteint pas.")
    room.civil.sends({"sure": True})
    granted = Decision.objects.filter(agenda_item__meeting=room.meeting, outcome="selected")
    total = granted.aggregate(total=Sum("amount"))["total"]
    assert 0 < total <= ENVELOPE and ENVELOPE - total < 1_850_000
    assert granted.get(application=room.debated).amount == 1_500_000
    assert Decision.objects.filter(agenda_item__meeting=room.meeting, outcome="reserve").exists()
    for president in (room.civil, room.state):
        president.goes(room.here()).does("close")


def the_minutes_and_the_decisions_are_signed(room) -> None:
    room.calendar.work()
    room.civil.goes(f"/commission/seances/{room.meeting.pk}/proces-verbal/").sees(REASON, DISSENT, room.recused.name)
    room.member.goes(f"/commission/seances/{room.meeting.pk}/proces-verbal/").sees_not(room.linked.title)
    room.visitor.goes("/comptes/").sees_not("15 000")
    panel.signs_everything([room.civil, room.state], room.call, str(room.meeting.pk))
    assert room.meeting.state == "minutes_adopted"


def everybody_is_told_at_once(room, letters) -> None:
    assert not letters(room.debated.lead.email)
    room.officer.goes(f"/instruction/decisions/{room.call}/").sees("30")
    room.officer.does("notify_call", {"sure": True})
    room.calendar.work()
    for application in room.made.files:
        assert letters(application.lead.email), application.reference
    room.visitor.goes(f"/appels/{room.call}/commission/").sees(room.recused.name, "Société civile", "État")
    room.visitor.goes(f"/appels/{room.call}/")
