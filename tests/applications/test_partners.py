"""Partnerships: the personal link (once, tampered, dead), what an agent answers, what follows on the file."""

from __future__ import annotations

from datetime import timedelta

import pytest

from applications import transitions as files
from applications.models import Application, Partnership
from applications.rules.partners import link_holder, partner_deadline
from applications.transitions import partnerships
from core.models import Event, Mail, User
from fund.enums import OrganisationKind, Role
from fund.models import Organisation
from tests.applications.refusals import refused
from tests.factories.applications import (
    ApplicationFactory,
    InformationRequestFactory,
    PartnershipFactory,
    TeamMemberFactory,
    eligible,
    put_in_state,
)
from tests.factories.core import UserFactory
from tests.factories.fund import AdministrationFactory, OrganisationFactory, fictional_siret, person_with

pytestmark = pytest.mark.django_db
MAIRIE = fictional_siret(60_001)
ANSWER = {
    "agent_name": "Delphine Wattrelos",
    "agent_role": "responsable de l’accueil",
    "service": "Accueil du public",
    "siret": MAIRIE,
    "commitment": "Deux agents, une demi-journée par quinzaine.",
}


@pytest.fixture
def draft(at):
    return ApplicationFactory(created_at=at)


def invite(application, at, actor=None, **more):
    facts = {"agent_email": "Agent@Mairie.example", "organisation_name": "Mairie de Nevers"} | more
    return partnerships.invite(application=application, actor=actor or application.lead, at=at, **facts)


def confirm(partnership, at, token=None, **more):
    return partnerships.confirm(
        partnership=partnership,
        actor=User.objects.system(),
        at=at,
        token=token or partnership.link_token,
        **(ANSWER | more),
    )


def test_one_mail_invites_an_administration(draft, at):
    partnership = invite(draft, at, siret=MAIRIE, message="Nous pensons à vous.")
    assert partnership.state == "invited" and partnership.agent_email == "agent@mairie.example"
    assert partnership.organisation.siret == MAIRIE and partnership.organisation.kind == OrganisationKind.ADMINISTRATION
    mail = Mail.objects.get(code="applications/partner.invited")
    assert (
        mail.to == "agent@mairie.example"
        and f"/partenariat/{partnership.link_token}/" in mail.text
        and "Nous pensons à vous." in mail.text
    )
    assert partnership.link_token not in (partnership.token_hash, partnership.used_token_hash)
    assert partnership.deadline_at <= draft.call.partner_deadline_at
    assert Event.objects.filter(machine="partnership", verb="invite", subject=draft.reference).count() == 1


def test_a_name_stays_on_its_line(draft, at):
    partnership = invite(draft, at, organisation_name="Ville\r\nBcc: x@y.example\r\n\r\nPayez", agent_name="A\nB")
    assert partnership.organisation.name == "Ville Bcc: x@y.example Payez" and partnership.agent_name == "A B"


def test_who_may_invite_and_whom(draft, at):
    refused("not_permitted", invite, application=draft, at=at, actor=UserFactory())
    refused("email_invalid", invite, application=draft, at=at, agent_email="mairie")
    refused("siret_invalid", invite, application=draft, at=at, siret="12345678901234")
    refused("answer_incomplete", invite, application=draft, at=at, organisation_name=" ")
    association = OrganisationFactory()
    refused("partner_not_administration", invite, application=draft, at=at, siret=association.siret)
    member = TeamMemberFactory(application=draft)
    for email in (draft.lead.email, member.user.email.upper()):
        refused("partner_is_team", invite, application=draft, at=at, agent_email=email)
    invite(draft, at)
    refused("already_invited", invite, application=draft, at=at)
    put_in_state(draft, "under_review", at)
    refused("not_allowed_in_state", invite, application=draft, at=at, agent_email="autre@mairie.example")


def test_invitations_end_with_the_partners_term(draft, at):
    near = draft.call.partner_deadline_at - timedelta(days=1)
    put_in_state(draft, "submitted", at)
    assert invite(draft, near).deadline_at == draft.call.partner_deadline_at
    refused(
        "partner_deadline_passed",
        invite,
        application=draft,
        at=draft.call.partner_deadline_at,
        agent_email="autre@mairie.example",
    )


def test_a_request_about_the_partner_gives_more_time(at):
    application = ApplicationFactory(state="information_requested", created_at=at)
    application.information_requests.all().delete()
    late = application.call.partner_deadline_at + timedelta(days=3)
    InformationRequestFactory(
        application=application,
        opened_at=late - timedelta(days=1),
        due_at=late + timedelta(days=5),
        items=[
            {
                "section": "partnership",
                "label": "Un autre partenaire",
                "reason": "Le premier a décliné",
                "article": "art. 3",
            }
        ],
    )
    assert partner_deadline(application, late) == late + timedelta(days=5)
    assert invite(application, late).deadline_at == late + timedelta(days=5)


def test_the_agent_confirms_once(draft, at):
    partnership = invite(draft, at)
    token, orphan = partnership.link_token, partnership.organisation
    confirmed = confirm(partnership, at)
    confirmed.refresh_from_db()
    assert (
        confirmed.state == "confirmed"
        and confirmed.confirmed_at == at
        and confirmed.siret == MAIRIE
        and confirmed.organisation.siret == MAIRIE
    )
    assert not Organisation.objects.filter(
        pk=orphan.pk
    ).exists()  # the row that stood for it until its number was known
    assert Mail.objects.filter(code="applications/partner.confirmed", to=draft.lead.email).count() == 1
    copy = Mail.objects.get(code="applications/partner.copy")
    assert copy.to == "agent@mairie.example" and token not in copy.text
    refused("not_allowed_in_state", confirm, partnership=confirmed, at=at, token=token)
    refused(
        "partnership_link_used",
        partnerships.correct,
        partnership=confirmed,
        actor=User.objects.system(),
        at=at,
        token=token,
        **ANSWER,
    )


def test_nobody_answers_in_the_agents_place(draft, at):
    partnership = invite(draft, at)
    refused(
        "not_permitted",
        partnerships.confirm,
        partnership=partnership,
        actor=draft.lead,
        at=at,
        token=partnership.link_token,
        **ANSWER,
    )
    for token in ("", "x" * 43, partnership.link_token[:-1] + "_", partnership.token_hash):
        refused("partnership_link_used", confirm, partnership=partnership, at=at, token=token or "-")
    assert (
        link_holder(partnership.link_token) == partnership
        and link_holder(partnership.link_token + "x") is None
        and link_holder("") is None
    )


@pytest.mark.parametrize("name", ["agent_name", "agent_role", "service", "commitment"])
def test_an_answer_names_who_for_what_in_which_capacity(draft, at, name):
    assert refused("answer_incomplete", confirm, partnership=invite(draft, at), at=at, **{name: "  "}).field == name


def test_the_number_must_be_an_administrations(draft, at):
    partnership = invite(draft, at)
    refused("siret_invalid", confirm, partnership=partnership, at=at, siret="123")
    refused("partner_not_administration", confirm, partnership=partnership, at=at, siret=OrganisationFactory().siret)
    known = AdministrationFactory(name="Préfecture")
    done = confirm(
        partnership,
        at,
        token=partnership.link_token,
        siret=f" {known.siret[:9]} {known.siret[9:]} ",
        organisation_name="Autre nom",
    )
    done.refresh_from_db()
    assert done.organisation == known and known.name == "Préfecture"


@pytest.mark.parametrize("name", ["siret", "bearer_siret"])
def test_the_applicant_is_not_its_own_partner(draft, at, name):
    """The number of the one who applies, or of another establishment of it, is refused in words; nothing is registered."""
    files.save_section(
        application=draft, actor=draft.lead, at=at, code="applicant", content={name: fictional_siret(60_002)}
    )
    refused("partner_is_applicant", invite, application=draft, at=at, siret=fictional_siret(60_002))
    partnership = invite(draft, at)
    assert refused("partner_is_applicant", confirm, partnership=partnership, at=at, siret=fictional_siret(60_002)).field
    assert not Organisation.objects.filter(siret=fictional_siret(60_002)).exists()


def test_a_correction_undoes_what_the_answer_registered(draft, at):
    wrong = fictional_siret(60_003)
    done = confirm(invite(draft, at), at, siret=wrong)
    Application.objects.filter(pk=draft.pk).update(organisation=done.organisation)
    partnerships.correct(partnership=done, actor=User.objects.system(), at=at, token=done.link_token, **ANSWER)
    assert not Organisation.objects.filter(siret=wrong).exists()
    known = AdministrationFactory(administration_type="commune")
    other = confirm(invite(draft, at, agent_email="b@mairie.example"), at, siret=known.siret)
    partnerships.correct(partnership=other, actor=User.objects.system(), at=at, token=other.link_token, **ANSWER)
    assert Organisation.objects.filter(pk=known.pk, kind=OrganisationKind.ADMINISTRATION).exists()


def test_an_invitation_expires_by_the_clock_or_without_it(draft, at):
    partnership = invite(draft, at)
    end = partnership.deadline_at
    refused("partnership_link_expired", confirm, partnership=partnership, at=end)
    refused(
        "too_early",
        partnerships.expire,
        partnership=partnership,
        actor=User.objects.system(),
        at=end - timedelta(microseconds=1),
    )
    partnerships.expire(partnership=partnership, actor=User.objects.system(), at=end)
    partnership.refresh_from_db()
    assert partnership.state == "expired" and partnership.token_hash == ""
    assert Mail.objects.filter(code="applications/partner.expired", to=draft.lead.email).count() == 1


def test_a_cancelled_link_is_dead_and_a_new_one_lives(draft, at):
    partnership = invite(draft, at)
    token = partnership.link_token
    partnerships.cancel(partnership=partnership, actor=draft.lead, at=at)
    partnership.refresh_from_db()
    refused("not_allowed_in_state", confirm, partnership=partnership, at=at, token=token)
    again = partnerships.invite_again(partnership=partnership, actor=draft.lead, at=at + timedelta(hours=1))
    assert again.state == "invited" and again.link_token != token
    refused("partnership_link_used", confirm, partnership=again, at=at, token=token)
    assert confirm(again, at + timedelta(hours=1)).state == "confirmed"


def test_declining_is_a_word_to_the_applicant(draft, at):
    partnership = invite(draft, at)
    partnerships.decline(
        partnership=partnership,
        actor=User.objects.system(),
        at=at,
        token=partnership.link_token,
        reason="Voyez la préfecture",
    )
    partnership.refresh_from_db()
    assert partnership.state == "declined" and partnership.decline_reason == "Voyez la préfecture"
    assert "Voyez la préfecture" in Mail.objects.get(code="applications/partner.declined").text
    refused(
        "not_allowed_in_state",
        confirm,
        partnership=partnership,
        at=at,
        token=partnership.link_token if hasattr(partnership, "link_token") else "x",
    )


def test_an_answer_is_corrected_by_the_link_of_its_copy(draft, at):
    done = confirm(invite(draft, at), at)
    first = done.link_token
    done = partnerships.correct(
        partnership=done,
        actor=User.objects.system(),
        at=at + timedelta(hours=1),
        token=first,
        **(ANSWER | {"service": "Guichet"}),
    )
    assert done.state == "confirmed" and done.service == "Guichet" and done.link_token != first
    refused(
        "partnership_link_used",
        partnerships.correct,
        partnership=done,
        actor=User.objects.system(),
        at=at,
        token=first,
        **ANSWER,
    )


def test_a_partner_who_withdraws_sends_an_eligible_file_back(at):
    officer = person_with(Role.CASE_OFFICER)
    application = eligible(at, officer)
    partnership = application.partnerships.get(state="invited")
    token = "jeton-de-test"
    from applications.rules.partners import token_hash

    Partnership.objects.filter(pk=partnership.pk).update(token_hash=token_hash(token))
    partnership.refresh_from_db()
    done = confirm(partnership, at, token=token)
    refused(
        "reason_missing",
        partnerships.withdraw,
        partnership=done,
        actor=User.objects.system(),
        at=at,
        token=done.link_token,
        reason=" ",
    )
    partnerships.withdraw(
        partnership=done, actor=User.objects.system(), at=at, token=done.link_token, reason="Réorganisation"
    )
    application.refresh_from_db()
    assert application.state == "eligible" and application.to_reexamine
    assert Mail.objects.filter(code="applications/partner.withdrawn", to=application.lead.email).count() == 1
    assert Mail.objects.filter(code="applications/partner.withdrawn_staff", to=officer.email).count() == 1


def test_who_sees_a_partnership(draft, at):
    partnership = PartnershipFactory(application=draft)
    officer = person_with(Role.CASE_OFFICER)
    assert list(Partnership.objects.visible_to(draft.lead)) == [partnership]
    assert (
        not Partnership.objects.visible_to(UserFactory()).exists()
        and not Partnership.objects.visible_to(officer).exists()
    )
    put_in_state(draft, "submitted", at)
    assert list(Partnership.objects.visible_to(officer)) == [partnership]
    assert Application.objects.visible_to(officer).get() == draft


def test_the_applicant_reminds_at_most_once_a_day_and_never_of_a_dead_link(draft, at):
    row = invite(draft, at)
    day = timedelta(days=1)
    refused("reminded_today", partnerships.send_reminder, partnership=row, actor=draft.lead, at=at + day / 2)
    refused("not_permitted", partnerships.send_reminder, partnership=row, actor=UserFactory(), at=at + day)
    partnerships.send_reminder(partnership=row, actor=draft.lead, at=at + day)
    mail = Mail.objects.get(code="applications/partner.reminder")
    assert mail.to == row.agent_email and row.link_token in mail.text
    row = Partnership.objects.get(pk=row.pk)
    assert row.state == "invited" and row.reminded_at == at + day
    refused("reminded_today", partnerships.send_reminder, partnership=row, actor=draft.lead, at=at + day * 1.9)
    partnerships.send_reminder(partnership=row, actor=draft.lead, at=at + 2 * day)
    assert Mail.objects.filter(code="applications/partner.reminder").count() == 2
    row.deadline_at = at + 3 * day
    row.save(update_fields=["deadline_at"])
    refused("invitation_expired", partnerships.send_reminder, partnership=row, actor=draft.lead, at=row.deadline_at)
