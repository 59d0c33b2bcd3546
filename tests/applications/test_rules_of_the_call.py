"""What the rule version of a call says of its applications is what is applied: changing the number changes the answer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from applications import transitions as files
from applications.models import Application
from applications.rules.gaps import missing
from applications.rules.instruction import checklist
from tests.applications.refusals import refused
from tests.factories.applications import PartnershipFactory, TeamMemberFactory, filed, ready_draft
from tests.factories.fund import person_with

pytestmark = pytest.mark.django_db


def under(application, **parameters):
    """The same application when its call was published with these parameters."""
    version = application.call.rule_version
    version.parameters = {**version.parameters, **parameters}
    version.save()
    return Application.objects.get(pk=application.pk)


def codes(application) -> set[str]:
    return {gap.code for gap in missing(application)}


def test_fewest_people_of_a_collective(at):
    draft = ready_draft(at, applicant_kind="collective")
    assert "collective_too_small" not in codes(draft)
    draft = under(draft, collective_min_members=3)
    assert any("3" in gap.message for gap in missing(draft) if gap.code == "collective_too_small")
    TeamMemberFactory(application=draft)
    assert "collective_too_small" not in codes(draft)


def test_partners_invited_before_filing(at):
    draft = under(ready_draft(at), partnership_invited_min_to_file=2)
    assert "partner_not_invited" in codes(draft)
    PartnershipFactory(application=draft, state="invited")
    assert "partner_not_invited" not in codes(draft)
    draft.partnerships.all().delete()
    assert "partner_not_invited" not in codes(under(draft, partnership_invited_min_to_file=0))


@pytest.mark.parametrize(("rate", "said"), [("0.10", False), ("0.05", True), ("0.075", True)])
def test_overheads(at, rate, said):
    draft = ready_draft(at)
    section = draft.sections.get(code="budget")
    expenses = [dict(row) for row in section.content["expenses"]]
    expenses[1]["indirect"], expenses[1]["amount"] = True, section.content["requested_amount"] // 10
    section.content = {**section.content, "expenses": expenses}
    section.save()
    draft = under(draft, indirect_cost_max_rate=rate)
    assert ("indirect_costs_too_high" in codes(draft)) is said


def test_an_open_licence_that_is_not_required(at):
    draft = ready_draft(at)
    section = draft.sections.get(code="openness")
    section.content = {**section.content, "licence": "", "publish_data": False, "publish_code": False}
    section.save()
    assert "openness_commitment_missing" in codes(draft)
    assert "openness_commitment_missing" not in codes(under(draft, open_licence_required=False))


def test_partners_confirmed_to_be_eligible(at):
    application = under(filed(at), partnership_confirmed_min=2)
    officer = person_with("case_officer")
    checks = dict.fromkeys((line.code for line in checklist(application)), (True, ""))
    files.save_checks(application=application, actor=officer, at=at, checks=checks)
    declare = {"application": application, "actor": officer, "at": at}
    application.partnerships.exclude(state="confirmed").delete()
    for _one in range(2 - application.partnerships.count()):
        assert _partnership_line(application).warns
        refused("partnership_missing", files.declare_eligible, **declare)
        PartnershipFactory(application=application)
    assert not _partnership_line(application).warns
    files.declare_eligible(**declare)


def _partnership_line(application):
    return next(line for line in checklist(application) if line.code == "partnership_confirmed")


def test_requests_for_information(at):
    application = under(filed(at), information_request_max=1)
    officer = person_with("case_officer")
    ask = {
        "application": application,
        "actor": officer,
        "at": at,
        "due_at": at + timedelta(days=15),
        "items": [{"section": "project", "label": "Le calendrier", "reason": "Il manque", "article": "art. 7"}],
    }
    files.request_information(**ask)
    files.drop_request(application=Application.objects.get(pk=application.pk), actor=officer, at=at, reason="Reçu")
    refused("information_requests_exhausted", files.request_information, **ask)
