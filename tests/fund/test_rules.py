"""Rule versions: values, agreement of both colleges, what calls keep."""

import pytest

from core import two_key
from core.transitions import Refusal
from fund.enums import College, Role
from fund.models import RuleVersion
from fund.rule_parameters import DEFAULTS
from fund.transitions import rules
from tests.factories.fund import open_call, person_with, rules_in_force
from tests.fund.helpers import officer, president

pytestmark = pytest.mark.django_db
A, B = College.CIVIL_SOCIETY, College.STATE


def refused(function, *args, **params) -> Refusal:
    with pytest.raises(Refusal) as caught:
        function(*args, **params)
    assert str(caught.value.reason)
    return caught.value


def draft(at, actor=None, note="Les délais de lecture passent à trente jours.", **parameters):
    return rules.create(parameters=parameters, note=note, actor=actor or president(), at=at)


def proposed(version, actor, at):
    return two_key.propose(rules.put_in_force.verb, version, actor=actor, at=at)


def test_a_draft_keeps_every_value_as_decided(at):
    rules_in_force(review_days=30)
    version = draft(at, reviews_per_college="3", quorum="2/3")
    assert version.parameters == DEFAULTS | {"review_days": 30, "reviews_per_college": 3, "quorum": "2/3"}
    version = rules.edit(
        rule_version=version, parameters={"review_days": 10}, actor=person_with(Role.ADMINISTRATOR), at=at
    )
    assert (
        version["review_days"] == 10 and version["reviews_per_college"] == 3 and version.note.startswith("Les délais")
    )


@pytest.mark.parametrize(
    "parameters, field",
    [
        ({"review_days": "dix"}, "review_days"),
        ({"review_days": 0}, "review_days"),
        ({"quorum": "3/2"}, "quorum"),
        ({"majority": "unanimity"}, "majority"),
        ({"inconnu": 1}, "inconnu"),
        ({"appeal_months": 1}, "appeal_months"),
        ({"open_licence_required": "peut-être"}, "open_licence_required"),
    ],
)
def test_values_are_held_by_their_definition(at, parameters, field):
    refusal = refused(draft, at, **parameters)
    assert (refusal.code, refusal.field) == ("content_invalid", field)


def test_one_draft_at_a_time_and_only_by_those_who_may(at):
    assert refused(draft, at, officer()).code == "not_permitted"
    version = draft(at)
    assert refused(draft, at, president(B)).code == "draft_exists"
    assert refused(rules.edit, rule_version=version, parameters={}, actor=officer(), at=at).code == "not_permitted"


def test_the_other_college_turns_the_second_key(at):
    civil, state = president(A), president(B)
    former = rules_in_force()
    version = draft(at, civil)
    act = proposed(version, civil, at)
    assert refused(two_key.approve, act, actor=civil, at=at).code == "same_person"
    for other in (president(A), person_with(Role.ADMINISTRATOR), officer(), person_with(Role.PANEL_MEMBER, B)):
        assert refused(two_key.approve, act, actor=other, at=at).code == "not_permitted"
    two_key.approve(act, actor=state, at=at)
    version.refresh_from_db()
    former.refresh_from_db()
    assert (version.state, version.in_force_at, former.state, former.superseded_at) == (
        "in_force",
        at,
        "superseded",
        at,
    )
    assert RuleVersion.objects.filter(state="in_force").count() == 1


@pytest.mark.parametrize("first, last", [(A, B), (B, A)])
def test_what_an_administrator_proposes_needs_both_co_presidents(at, first, last):
    administrator, one, other = person_with(Role.ADMINISTRATOR), president(first), president(last)
    version = draft(at, administrator)
    act = proposed(version, administrator, at)
    for chair in (one, other):
        assert refused(two_key.approve, act, actor=chair, at=at).code == "not_permitted"
    rules.endorse(rule_version=version, actor=one, at=at)
    assert refused(two_key.approve, act, actor=one, at=at).code == "not_permitted"
    assert refused(rules.endorse, rule_version=version, actor=one, at=at).code == "already_signed"
    two_key.approve(act, actor=other, at=at)
    version.refresh_from_db()
    assert version.state == "in_force"


def test_changing_the_text_undoes_the_agreement_and_the_proposal(at):
    administrator, civil, state = person_with(Role.ADMINISTRATOR), president(A), president(B)
    version = draft(at, administrator)
    act = proposed(version, administrator, at)
    rules.endorse(rule_version=version, actor=civil, at=at)
    version = rules.edit(rule_version=version, parameters={"review_days": 12}, actor=administrator, at=at)
    assert version.endorsed_by is None
    assert refused(two_key.approve, act, actor=state, at=at).code == "not_permitted"
    rules.endorse(rule_version=version, actor=civil, at=at)
    assert refused(two_key.approve, act, actor=state, at=at).code == "stale_approval"


def test_the_college_weighted_vote_needs_its_legal_basis(at):
    civil = president(A)
    version = draft(at, civil, majority="college_weighted")
    refusal = refused(proposed, version, civil, at)
    assert (refusal.code, refusal.field) == ("legal_basis_missing", "legal_basis")
    assert refused(rules.endorse, rule_version=version, actor=president(B), at=at).code == "legal_basis_missing"
    version = rules.edit(
        rule_version=version, parameters={"legal_basis": "Arrêté du 3 mars, article 7"}, actor=civil, at=at
    )
    two_key.approve(proposed(version, civil, at), actor=president(B), at=at)


def test_a_version_says_what_changes(at):
    civil = president(A)
    assert refused(proposed, draft(at, civil, note=" "), civil, at).code == "reason_missing"


def test_rules_in_force_are_never_changed_and_calls_keep_theirs(at):
    call = open_call()
    kept = call.rule_version
    rules_in_force(review_days=40)
    call.refresh_from_db()
    assert call.rule_version == kept and call.rule_version["review_days"] == 21
    for version in (kept, RuleVersion.objects.get(state="in_force")):
        version.refresh_from_db()
        assert (
            refused(rules.edit, rule_version=version, parameters={}, actor=president(), at=at).code
            == "not_allowed_in_state"
        )
    assert (
        refused(rules.supersede, rule_version=RuleVersion.objects.get(state="in_force"), actor=president(), at=at).code
        == "not_permitted"
    )
