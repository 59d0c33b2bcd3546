"""The institution of the demo: people and their roles, rules, identity, envelopes, calls, all by the verbs and with two keys."""

from __future__ import annotations

from datetime import time

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password

from core import two_key
from core.models import TwoKeyAct, User
from desks.demo.reader import cents
from desks.demo.world import ROLES_SINCE, World
from fund.enums import Role
from fund.models import Criterion, InstalmentLine, Organisation, Theme
from fund.transitions import calls, envelopes, identity, roles, rules

LEGAL_BASIS = "Statuts de l’établissement fictif « Premier Essai », article 9 : chaque collège pèse la moitié (base légale fictive, pour la démonstration)."
PARAMETERS = {
    "majority": "college_weighted",
    "legal_basis": LEGAL_BASIS,
    "reviews_per_college": 2,
    "full_members_per_college": 6,
    "offer_acceptance_days": 45,
    "question_answer_days": 21,
    "ineligible_only_after_information_request": False,
    "minimum_score": "0",
}
"""Where the demo fund's rules differ from the defaults."""


def plan(world: World) -> None:
    world.timeline.on(ROLES_SINCE, lambda at: _open_the_fund(world, at), 9)
    for row in world.data.fund["envelopes"]:
        # Two exercises are there from the beginning; the coming one is opened some weeks before it is announced.
        offset = {-1: ROLES_SINCE, 0: -120, 1: -30}[row["year_offset"]]
        world.timeline.on(offset, lambda at, row=row: _open_envelope(world, row, at), 11)
    for row in world.data.calls.values():
        world.timeline.on(row["calendar"]["announced_offset"], lambda at, row=row: _publish_call(world, row, at), 12)


def _open_the_fund(world: World, at) -> None:
    _people(world, at)
    people = world.people
    roles.bootstrap(administrator=people["admin"], civil=people["civil1"], state=people["etat1"], at=at)
    _identity(world, at)
    _roles(world, at)
    version = rules.create(
        parameters=PARAMETERS, actor=people["civil1"], at=at, note="Règles de départ du fonds de démonstration."
    )
    world.both(version, "put_in_force", "civil1", "etat1", at)
    for row in world.data.fund["themes"]:
        Theme.objects.create(code=row["code"], label=row["label"], description=row.get("description", "")[:250])
    _organisations(world)


def _people(world: World, at) -> None:
    """Accounts with a confirmed address; one hash for all, the demo's password being public."""
    password = make_password(world.data.password)
    for key, row in world.data.people.items():
        user = User.objects.create(
            email=row["email"], name=f"{row['first_name']} {row['last_name']}".strip(), password=password
        )
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        world.people[key] = user


def _identity(world: World, at) -> None:
    fund, legal, contacts, account = (
        world.data.fund,
        *(world.data.fund[name] for name in ("legal_identity", "contacts", "debit_account")),
    )
    address = legal["address"]
    changes = {
        "name": fund["name"],
        "tagline": fund["tagline"],
        "short_description": fund["short_description"],
        "fictional_notice": fund["fictional_notice"],
        "legal_name": legal["name"],
        "legal_form": legal["form"],
        "siret": legal["siret"],
        "address_lines": address["lines"],
        **{name: address[name] for name in ("postcode", "insee_code")},
        **{
            name: contacts[name]
            for name in (
                "website",
                "email",
                "data_protection_email",
                "accessibility_email",
                "appeals_email",
                "phone",
                "opening_hours",
            )
        },
        "debtor_holder": account["holder"],
        "debtor_iban": account["iban"],
        "debtor_bic": account["bic"],
        "opened_on": world.timeline.day(ROLES_SINCE).replace(month=1, day=1).isoformat(),
    }
    two_key.approve(
        identity.propose_change(changes, actor=world.people["admin"], at=at), actor=world.people["civil1"], at=at
    )


def _roles(world: World, at) -> None:
    """Proposed by the administrator, approved by a co-president who does not benefit."""
    wanted = []
    for key, row in world.data.people.items():
        for role in row["roles"]:
            if role in Role.values and not (role == Role.ADMINISTRATOR or role == Role.CO_PRESIDENT):
                college = row["college"] if role == Role.PANEL_MEMBER else ""
                title = row.get("title") or ""
                wanted.append(
                    (key, role, college, f"membre suppléant, {title}" if row.get("seat") == "alternate" else title)
                )
    for key, role, college, title in wanted:
        grant = roles.propose(
            user=world.people[key], actor=world.people["admin"], at=at, role=role, college=college, title=title
        )
        act = TwoKeyAct.objects.get(target_machine="role_grant", target_id=grant.pk, state="proposed")
        two_key.approve(act, actor=world.people["etat1" if key == "civil1" else "civil1"], at=at)
        world.people[key] = world.fresh(world.people[key])
    for key in ("admin", "civil1", "etat1"):
        world.people[key] = world.fresh(world.people[key])


def _organisations(world: World) -> None:
    """The administrations; applicants' own organisations are born from what they write in their files."""
    for key, row in world.data.organisations.items():
        if row["kind"] != "administration":
            continue
        world.organisations[key] = Organisation.objects.create(
            kind=row["kind"],
            name=row["name"],
            siret=row["siret"] or "",
            insee_code=row["insee_code"],
            commune=row["commune"],
            department=row["department"],
            region=row["region"],
            website=row["website"],
            email=row["email"],
            administration_type=row["administration_type"],
        )


def _open_envelope(world: World, row: dict, at) -> None:
    year = (world.year or world.timeline.zero.year) + row["year_offset"]
    envelope = envelopes.create(year=year, label=f"{row['label']} ({year})", actor=world.people["ordonnateur"], at=at)
    world.envelopes[row["key"]] = world.both(envelope, "open", "ordonnateur", "civil1", at, amount=cents(row["amount"]))


def _publish_call(world: World, row: dict, at) -> None:
    """Written by one case officer, published with the other's key."""
    content = call_content(world, row)
    call = calls.create(content=content, actor=world.people["instruction"], at=at)
    world.calls[row["key"]] = world.both(call, "publish", "instruction", "instruction2", at)


def call_content(world: World, row: dict) -> dict:
    """A call's content as `Call.content()` names it."""
    calendar, timeline = row["calendar"], world.timeline
    opens, closes = (time.fromisoformat(calendar[f"{name}_time"]) for name in ("opens", "closes"))

    def instant(name: str, hour: time) -> str:
        return timeline.instant(calendar[f"{name}_offset"], hour.hour, hour.minute).isoformat()

    days = {
        f"{name}_on": timeline.day(calendar[f"{source}_offset"]).isoformat()
        for name, source in (
            ("eligibility_by", "eligibility_by"),
            ("review_opens", "review_opens"),
            ("meeting", "meeting"),
            ("notified_by", "notified"),
            ("agreements_by", "agreements_by"),
            ("projects_end_by", "projects_end_by"),
            ("reports_by", "reports_by"),
        )
    }
    return {
        "slug": row["slug"],
        "title": row["title"],
        "summary": row["summary"],
        "description": "\n\n".join(row["description"]),
        "contact_email": world.data.fund["contacts"]["email"],
        "envelope": world.envelopes[row["envelope"]].pk,
        "themes": row["themes"],
        "ceiling_amount": cents(row["ceiling_amount"]),
        "floor_amount": cents(row["floor_amount"]),
        "max_duration_months": row["max_duration_months"],
        "opens_at": instant("opens", opens),
        "closes_at": instant("closes", closes),
        "review_closes_at": instant("review_closes", closes),
        **days,
        "criteria": [{key: item[key] for key in Criterion.FIELDS} for item in row["criteria"]],
        "instalment_lines": [{key: item[key] for key in InstalmentLine.FIELDS} for item in row["instalment_plan"]],
        "eligibility_questions": [
            {
                "code": item["code"],
                "question": item["question"],
                "expected": item["expected"] in (True, "yes", "oui"),
                "refusal": item["refusal"],
                "article": item.get("article") or "",
            }
            for item in row["eligibility_questions"]
        ],
        "faq": [{"question": item["question"], "answer": item["answer"]} for item in row["faq"]],
    }
