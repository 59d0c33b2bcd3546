"""Simulations under the envelope: who makes, sees and changes them; nothing of a file that is closed to the reader; nothing is decided."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from applications.models import Application
from core.transitions import Refusal
from fund.models import Theme
from reviews.models import Decision, Declaration, Score, Simulation, SimulationLine
from reviews.queries import simulations as queries
from reviews.queries.session import session
from reviews.transitions import declarations
from reviews.transitions import simulations as verbs
from tests.factories import meetings as sittings
from tests.factories import reviews as make
from tests.reviews.test_reading_pages import counted, text

pytestmark = pytest.mark.django_db

INDEX, ONE, COMPARE, CSV = 16, 19, 18, 14


def scored(files=3, **facts):
    """A call whose reading is closed: the first file scores best, the last worst."""
    return make.reviewed(make.world(files=files, members=2, alternates=0, reviews_per_college=1, **facts))


def simulate(made, actor, name="Essai", base="mine", start="ranking", **facts):
    return verbs.simulate(panel=made.panel, actor=actor, name=name, note="", base=base, start=start, **facts)


def recuse(made, member, application):
    mine = Declaration.objects.get(user=member, application=application)
    return declarations.declare_interest(declaration=mine, actor=member, ground="family_tie")


def amounts(simulation):
    return dict(simulation.lines.values_list("application_id", "amount"))


def revised(made, simulation, actor, **given):
    return verbs.revise_simulation(
        panel=made.panel, simulation=simulation, actor=actor, name="Essai", note="", amounts=given.pop("amounts", {})
    )


# ---- what a simulation starts from ----


def test_it_goes_down_the_ranking_and_stops_at_the_line(at):
    made = scored(envelope=4_000_000)
    simulation = simulate(made, made.presidents[0])
    first, second, third = made.files
    assert amounts(simulation) == {first.pk: 1_850_000, second.pk: 1_850_000, third.pk: 0}
    seen = queries.portfolio_of(simulation, made.panel)
    assert (seen.total, seen.left, len(seen.funded)) == (3_700_000, 300_000, 2)
    assert [row.application for row in seen.just_out] == [third]
    assert seen.agreement.both == 2
    assert sum(group.amount for group in seen.by_theme) == sum(group.amount for group in seen.by_region) == seen.total


def test_what_is_left_goes_to_the_file_at_the_line_when_it_is_enough(at):
    made = scored(files=2, envelope=3_000_000)
    Application.objects.filter(pk=made.files[1].pk).update(minimum_viable_amount=1_000_000)
    assert sorted(amounts(simulate(made, made.officer)).values()) == [1_150_000, 1_850_000]


def test_it_may_start_from_one_college_or_from_nothing(at):
    made = scored(files=2, envelope=2_000_000)
    best, other = made.files
    Score.objects.filter(assignment__application=best, assignment__seat__college=make.CIVIL).update(half_points=2)
    assert amounts(simulate(made, made.officer, start="civil_society"))[other.pk] == 1_850_000
    by_state = simulate(made, made.officer, start="state")
    assert amounts(by_state)[best.pk] == 1_850_000
    seen = queries.portfolio_of(by_state, made.panel)
    assert (seen.agreement.state, seen.agreement.civil, seen.agreement.both) == (1, 0, 0)
    assert set(amounts(simulate(made, made.officer, start="empty")).values()) == {0}


# ---- who ----


def test_chairs_and_secretary_make_them_once_scores_are_visible(at):
    made = make.reading(make.world(files=1, members=1, alternates=0, reviews_per_college=1))
    with pytest.raises(Refusal) as early:
        simulate(made, made.officer)
    assert early.value.code == "not_allowed_in_state"
    made = scored()
    member = made.members[make.CIVIL][1]
    with pytest.raises(Refusal) as refused:
        simulate(made, member)
    assert refused.value.code == "not_permitted"
    for actor in (*made.presidents, made.officer):
        assert simulate(made, actor).made_by == actor
    assert Decision.objects.count() == 0


def test_a_member_sees_what_is_shared_and_only_its_author_changes_it(at):
    made = scored()
    mine, other, member = made.presidents[0], made.presidents[1], made.members[make.STATE][1]
    simulation = simulate(made, mine)
    assert list(queries.simulations_for(other, made.panel)) == [simulation]
    assert not queries.simulations_for(member, made.panel).exists()
    with pytest.raises(Refusal) as refused:
        revised(made, simulation, other)
    assert refused.value.code == "not_the_author"
    verbs.share_simulation(panel=made.panel, simulation=simulation, actor=mine)
    assert list(queries.simulations_for(member, made.panel)) == [simulation]
    copied = verbs.copy_simulation(panel=made.panel, simulation=simulation, actor=other)
    assert amounts(copied) == amounts(simulation) and copied.made_by == other and not copied.is_shared
    verbs.keep_simulation(panel=made.panel, simulation=simulation, actor=mine)
    assert not queries.simulations_for(member, made.panel).exists()
    with pytest.raises(Refusal):
        verbs.drop_simulation(panel=made.panel, simulation=copied, actor=mine)
    verbs.drop_simulation(panel=made.panel, simulation=copied, actor=other)
    assert list(Simulation.objects.all()) == [simulation]


def test_amounts_are_for_its_own_files(at):
    made = scored()
    simulation = simulate(made, made.officer)
    with pytest.raises(Refusal) as refused:
        revised(made, simulation, made.officer, amounts={0: 100})
    assert refused.value.code == "amount_unknown"


# ---- nothing of a closed file ----


def paths_of(made, simulations, desk):
    slug, query = made.call.slug, "?" + "&".join(f"s={one.pk}" for one in simulations)
    prefix = "staff_" if desk == "staff" else ""
    return [
        reverse(f"reviews:{prefix}simulations", args=[slug]),
        *(reverse(f"reviews:{prefix}simulation", args=[slug, one.pk]) for one in simulations),
        reverse(f"reviews:{prefix}compare", args=[slug]) + query,
        reverse(f"reviews:{prefix}compare_csv", args=[slug]) + query,
    ]


def pages(browser, paths):
    found = []
    for path in paths:
        response = browser.get(path)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        found.append((response.status_code, make_plain(body.decode())))
    return found


def make_plain(page: str) -> str:
    """Without what changes at every request: CSRF tokens and nonces."""
    return re.sub(r'name="(csrfmiddlewaretoken|nonce)" value="[^"]*"', "", page)


def disturb(closed):
    """Another world: all that the hidden file says, and how it was read, is different."""
    Application.objects.filter(pk=closed.pk).update(
        title="CANARI",
        requested_amount=123_400,
        minimum_viable_amount=100,
        themes=["canari"],
        region="93",
        department="13",
    )
    Score.objects.filter(assignment__application=closed).update(half_points=1)


def test_a_recused_chair_gets_the_same_bytes_whatever_the_file_holds(at, as_user):
    made = scored(envelope=4_000_000)
    closed, chair, other = made.files[0], *made.presidents
    recuse(made, chair, closed)
    whole = simulate(made, other, "CANARI")
    verbs.share_simulation(panel=made.panel, simulation=whole, actor=other)
    common = simulate(made, other, "Commune", base="common")
    mine = simulate(made, chair, "Mienne")
    assert closed.pk in amounts(whole) and closed.pk not in amounts(common) and closed.pk not in amounts(mine)
    assert set(queries.simulations_for(chair, made.panel)) == {common, mine}
    browser, paths = as_user(chair), paths_of(made, [common, mine], "members")
    before = pages(browser, paths)
    assert [status for status, _page in before] == [200] * len(paths)
    assert all("CANARI" not in page and closed.title not in page for _status, page in before)
    assert browser.get(reverse("reviews:simulation", args=[made.call.slug, whole.pk])).status_code == 404
    disturb(closed)
    SimulationLine.objects.filter(simulation=whole, application=closed).update(amount=1)
    assert pages(browser, paths) == before
    again = simulate(made, chair, "Encore")
    assert amounts(again) == amounts(mine)


def test_a_recusal_declared_later_closes_even_ones_own(at, as_user):
    made = scored()
    chair = made.presidents[0]
    simulation = simulate(made, chair)
    recuse(made, chair, made.files[2])
    assert not queries.simulations_for(chair, made.panel).exists()
    for verb in (verbs.copy_simulation, verbs.share_simulation, verbs.drop_simulation):
        with pytest.raises(Refusal) as refused:
            verb(panel=made.panel, simulation=simulation, actor=chair)
        assert refused.value.code == "simulation_unknown"
    browser = as_user(chair)
    for path in paths_of(made, [simulation, simulation], "members")[1:2]:
        assert browser.get(path).status_code == 404


def test_an_officer_with_an_interest_is_shown_none_made_over_that_file(at):
    made = scored()
    simulation = simulate(made, made.presidents[0])
    file = made.files[1]
    Application.objects.filter(pk=file.pk).update(bearer_person=made.officer)
    assert not queries.simulations_for(made.officer, made.panel).exists()
    assert file.pk not in amounts(simulate(made, made.officer)) and file.pk in amounts(simulation)


def test_shared_it_reaches_the_members_who_may_open_all_its_files(at):
    made = scored()
    member, free = made.members[make.CIVIL][1], made.members[make.STATE][1]
    recuse(made, member, made.files[0])
    whole, common = simulate(made, made.officer), simulate(made, made.officer, base="common")
    for one in (whole, common):
        verbs.share_simulation(panel=made.panel, simulation=one, actor=made.officer)
    assert set(queries.simulations_for(free, made.panel)) == {whole, common}
    assert list(queries.simulations_for(member, made.panel)) == [common]


# ---- pages ----


def test_made_changed_and_compared_without_a_script(at, as_user):
    made = scored(envelope=4_000_000)
    Theme.objects.get_or_create(code="numerique", defaults={"label": "Numérique"})
    browser, slug = as_user(made.presidents[0]), made.call.slug
    index = reverse("reviews:simulations", args=[slug])
    made_one = {"act": "simulate", "simulate-name": "Par rang", "simulate-start": "ranking", "simulate-base": "mine"}
    response = browser.post(index, made_one)
    assert response.status_code == 302
    simulation = Simulation.objects.get()
    page = text(browser.get(response.url))
    assert "Par rang" in page and "ne décide rien" in page
    first, second, third = made.files
    changed = {"act": "revise", "name": "Trois", "note": ""}
    changed |= {f"in-{one.pk}": "on" for one in made.files}
    changed |= {f"amount-{one.pk}": "18 500" for one in (first, second)} | {f"amount-{third.pk}": "40 000"}
    assert browser.post(response.url, changed).status_code == 302
    page = text(browser.get(response.url))
    assert "Au-dessus de l’enveloppe" in page and "Au-dessus de la demande" in page and "Au-dessus du plafond" in page
    assert browser.post(response.url, changed | {f"amount-{first.pk}": "beaucoup"}).status_code == 422
    assert browser.post(response.url, {"act": "copy"}).status_code == 302
    other = Simulation.objects.exclude(pk=simulation.pk).get()
    revised(made, other, made.presidents[0], amounts={third.pk: 0})
    query = f"?s={simulation.pk}&s={other.pk}"
    page = text(browser.get(reverse("reviews:compare", args=[slug]) + query))
    assert page.count("diffère</span>") == 1
    csv = browser.get(reverse("reviews:compare_csv", args=[slug]) + query).content.decode()
    assert third.reference in csv and "40000.00" in csv
    assert browser.get(reverse("reviews:compare_csv", args=[slug]) + "?s=1").status_code == 404


def test_a_member_reads_and_changes_nothing(at, as_user):
    made = scored()
    simulation = simulate(made, made.presidents[0])
    browser, member = as_user(made.members[make.CIVIL][1]), made.members[make.CIVIL][1]
    path = reverse("reviews:simulation", args=[made.call.slug, simulation.pk])
    assert browser.get(path).status_code == 404
    verbs.share_simulation(panel=made.panel, simulation=simulation, actor=made.presidents[0])
    page = text(browser.get(path))
    assert "data-simulation>" not in page and 'value="drop"' not in page
    assert browser.post(path, {"act": "revise", "name": "X"}).status_code == 403
    assert browser.post(path, {"act": "drop"}).status_code == 403
    assert Simulation.objects.get().made_by != member


@pytest.mark.parametrize("files, trials", [(1, 2), (20, 20)])
def test_queries_do_not_grow(at, as_user, django_assert_num_queries, files, trials):
    made = scored(files=files)
    rows = [simulate(made, made.presidents[0], f"Essai {place}") for place in range(trials)]
    browser = as_user(made.presidents[0])
    index, one, _other, compare, csv = paths_of(made, rows[:2], "members")
    counted(django_assert_num_queries, browser, index, INDEX)
    counted(django_assert_num_queries, browser, one, ONE)
    counted(django_assert_num_queries, browser, compare, COMPARE)
    counted(django_assert_num_queries, browser, csv, CSV)


def test_the_meeting_tells_what_was_voted_by_theme_over_open_files(at):
    Theme.objects.create(code="essai", label="Essai public")
    made, meeting, now = sittings.opened(files=2, members=2, alternates=0, reviews_per_college=1)
    voted, waiting = made.files
    Application.objects.filter(pk=voted.pk).update(themes=["essai", "autre"])
    Application.objects.filter(pk=waiting.pk).update(themes=[])
    sittings.agreed(made, sittings.item_of(meeting, voted), now)
    rows = {row.label: (row.files, row.voted, row.waiting) for row in session(meeting, made.officer, now).by_theme}
    assert rows == {"Essai public": (1, 925_000, 0), "autre": (1, 925_000, 0), "": (0, 0, 1_850_000)}
    chair = made.presidents[1]
    Declaration.objects.filter(user=chair, application=voted).update(state="recused", ground="family_tie")
    assert [(row.label, row.waiting) for row in session(meeting, chair, now).by_theme] == [("", 1_850_000)]
