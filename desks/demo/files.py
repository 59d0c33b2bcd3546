"""The files of the demo: written, partnered, agreed to and filed by their people; checked by a case officer."""

from __future__ import annotations

from collections.abc import Collection
from io import BytesIO
from typing import Any

import pikepdf
from django.core.files.uploadedfile import SimpleUploadedFile

from applications import queries, transitions
from applications.rules.instruction import condition_codes
from applications.schema import CER_VERSION
from desks.demo.reader import cents
from desks.demo.world import World

ATTACHMENTS = {
    "association": (("statutes", "statuts.pdf"), ("accounts", "comptes-annuels.pdf")),
    "collective": (("mandate", "mandats.pdf"), ("quote", "devis.pdf")),
    "citizen": (("quote", "devis.pdf"), ("picture", "croquis.pdf")),
}


def plan(world: World) -> None:
    for row in world.data.applications.values():
        dates, timeline = row["dates"], world.timeline
        timeline.on(dates["created_offset"], lambda at, row=row: _write(world, row, at), 18, 10)
        partner_day = (
            dates["submitted_offset"] - 4 if dates["submitted_offset"] is not None else dates["created_offset"] + 2
        )
        if partnership_of(world, row):
            timeline.on(
                max(partner_day, dates["created_offset"]), lambda at, row=row: _invite_partner(world, row, at), 19
            )
            answered = dates["submitted_offset"] + 2 if dates["submitted_offset"] is not None else None
            timeline.on(answered, lambda at, row=row: _partner_answers(world, row, at), 10, 20)
        timeline.on(dates["submitted_offset"], lambda at, row=row: _file(world, row, at), 14, row["number_in_call"])
        timeline.on(dates["information_requested_offset"], lambda at, row=row: _ask(world, row, at), 15)
        if row["path"].count("submitted") > 1:
            timeline.on(dates["information_requested_offset"] + 3, lambda at, row=row: _answer(world, row, at), 20)
        if "eligible" in row["path"]:
            timeline.on(dates["eligibility_offset"], lambda at, row=row: _declare_eligible(world, row, at), 16)
        if row["final_state"] == "withdrawn":
            # A file that was never checked leaves before the review starts, which waits for every file.
            day = min(dates["closed_offset"], world.data.calls[row["call"]]["calendar"]["review_opens_offset"] - 1)
            timeline.on(day, lambda at, row=row: _withdraw(world, row, at), 8)
        if row["final_state"] == "lapsed":
            timeline.on(dates["closed_offset"], lambda at, row=row: _lapse(world, row, at), 17, 18)


def _write(world: World, row: dict, at) -> None:
    lead = world.people[row["lead"]]
    application = transitions.create(
        call=world.calls[row["call"]], actor=lead, at=at, applicant_kind=row["applicant_kind"]
    )
    world.files[row["key"]] = application
    for person in row["team"]:
        if person["person"] != row["lead"]:
            transitions.add_person(
                application=application,
                actor=lead,
                at=at,
                name=person["role"],
                role=person["role"],
                description=person["description"],
            )
    for code, content in sections(world, row).items():
        application = transitions.save_section(
            application=application, actor=lead, at=at, code=code, content=content
        ).application
    if row["final_state"] != "draft":
        for kind, name in ATTACHMENTS[row["applicant_kind"]]:
            uploaded = SimpleUploadedFile(name, paper(f"{row['title']} · {name}"), "application/pdf")
            transitions.attach(
                application=application, actor=lead, at=at, uploaded=uploaded, content_type="application/pdf", kind=kind
            )
    world.files[row["key"]] = world.fresh(application)


def paper(title: str) -> bytes:
    """A one-page PDF that says what it stands for; the same title gives the same bytes."""
    document = pikepdf.new()
    page = document.add_blank_page(page_size=(595, 842))
    font = document.make_indirect(
        pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    )
    page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
    text = title.encode("latin-1", "replace").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
    page.Contents = document.make_stream(b"BT /F1 14 Tf 60 760 Td (" + text[:90] + b") Tj ET")
    kept = BytesIO()
    document.save(kept, deterministic_id=True)
    return kept.getvalue()


def sections(world: World, row: dict) -> dict[str, dict]:
    """The file's sections as the schema names them; amounts in cents."""
    budget = row["budget"]

    def lines(name: str) -> list[dict]:
        return [
            {
                **{key: line.get(key) for key in ("account", "label", "is_fund", "status", "hours")},
                "amount": cents(line["amount"]),
            }
            for line in budget[name]
        ]

    openness = {
        "licence": row["licence"],
        "publish_data": bool(row["licence"]),
        "publish_code": bool(row["licence"]),
        "reuse": bool(row["licence"]),
        "accessibility": "Le prototype vise le niveau AA ; l’essai se fait avec des personnes concernées."
        if row["licence"]
        else "",
    }
    return {
        "applicant": _applicant(world, row),
        "project": {
            **{
                key: row[key]
                for key in (
                    "title",
                    "summary",
                    "solution",
                    "deliverables",
                    "timeline",
                    "risks",
                    "expected_outcomes",
                    "duration_months",
                    "themes",
                )
            },
            "need": world.variant.plant("draft", row["key"], row["need"] or ""),
            "insee_code": row["territory"]["insee_code"],
        },
        "partnership": {
            "expectation": f"Essayer avec nous : {row['title'].lower()}." if partnership_of(world, row) else "",
            "commitment": row["partner_commitment"],
        },
        "budget": {
            "requested_amount": cents(row["requested_amount"]),
            "minimum_viable_amount": cents(row["requested_amount"]) // 2,
            **{name: lines(name) for name in ("expenses", "resources", "in_kind_expenses", "in_kind_resources")},
        },
        "openness": openness,
        "statements": _statements(world, row) if row["final_state"] != "draft" else {},
    }


def _applicant(world: World, row: dict) -> dict:
    person, place = world.data.people[row["lead"]], row["territory"]
    name = f"{person['first_name']} {person['last_name']}"
    content = {
        "name": name,
        "adult": True,
        "phone": "01 99 00 12 34",
        "address": f"1 rue de l’Essai, {place['commune']}",
    }
    if row["applicant_kind"] == "citizen":
        return content
    body = world.data.organisations[row["organisation"]]
    content |= {"name": body["name"], "purpose": body["purpose"]}
    if row["applicant_kind"] == "association":
        activity = bool(body["economic_activity"])
        return content | {
            "siret": body["siret"] or "",
            "rna": body["rna"] or "",
            "court_registry": body["court_registry"] or "",
            "representative_name": name,
            "representative_role": "représentant légal",
            "economic_activity": activity,
            "de_minimis_amount": 0 if activity else None,
        }
    if row["bearer"]["kind"] == "person":
        bearer = world.data.people[row["bearer"]["key"]]
        return content | {
            "bearer_kind": "natural_person",
            "bearer_name": f"{bearer['first_name']} {bearer['last_name']}",
            "bearer_email": bearer["email"],
        }
    bearer = world.data.organisations[row["bearer"]["key"]]
    signs = world.data.people.get(bearer.get("legal_representative") or "")
    return content | {
        "bearer_kind": "association",
        "bearer_name": bearer["name"],
        "bearer_siret": bearer["siret"] or "",
        "bearer_rna": bearer["rna"] or "",
        "bearer_court_registry": bearer["court_registry"] or "",
        "bearer_address": f"2 place du Prototype, {bearer['commune']}",
        "bearer_representative": f"{signs['first_name']} {signs['last_name']}" if signs else "la présidente",
        "bearer_email": bearer["email"],
    }


def _statements(world: World, row: dict) -> dict:
    association = row["bearer"]["kind"] == "organisation"
    return {
        "accurate": True,
        "authorised": True,
        "not_started": True,
        "no_double_funding": True,
        "social_and_tax": True,
        "mandates_held": True,
        "electronic_notification": True,
        "cer": association,
        "cer_version": CER_VERSION if association else "",
        "cer_on": world.timeline.day(row["dates"]["created_offset"]).isoformat() if association else "",
    }


def partnership_of(world: World, row: dict) -> Any:
    """The partnership told in the data; a filed file that tells none has invited a neighbour that never answered (filing needs an invitation)."""
    if row["partnership"] or row["dates"]["submitted_offset"] is None:
        return row["partnership"]
    bodies = [body for body in world.data.organisations.values() if body["kind"] == "administration"]
    near = next((body for body in bodies if body["department"] == row["territory"]["department"]), bodies[0])
    return {"organisation": near["key"], "state": "invited", "agent": None, "service": "accueil"}


def _agent_email(world: World, row: dict) -> str:
    partnership = partnership_of(world, row)
    agent = world.data.people.get(partnership["agent"] or "")
    return agent["email"] if agent else world.data.organisations[partnership["organisation"]]["email"]


def _invite_partner(world: World, row: dict, at) -> None:
    told = partnership_of(world, row)
    agent = world.data.people.get(told["agent"] or "")
    application = world.fresh(world.files[row["key"]])
    world.files[f"partner:{row['key']}"] = transitions.partnerships.invite(
        application=application,
        actor=application.lead,
        at=at,
        organisation=world.organisations[told["organisation"]],
        agent_email=_agent_email(world, row),
        agent_name=f"{agent['first_name']} {agent['last_name']}".strip() if agent else "",
        service=told["service"] or "",
    )


def _partner_answers(world: World, row: dict, at) -> None:
    """The agent answers through the link of the mail; nobody is signed in."""
    partnership = world.files.get(f"partner:{row['key']}")
    state = partnership_of(world, row)["state"]
    if partnership is None or state not in ("confirmed", "declined"):
        return
    token, system = partnership.link_token, type(world.people["admin"]).objects.system()
    if state == "declined":
        transitions.partnerships.decline(
            partnership=partnership,
            actor=system,
            at=at,
            token=token,
            reason="Le service ne peut pas s’engager cette année.",
        )
        return
    organisation = world.organisations[row["partnership"]["organisation"]]
    transitions.partnerships.confirm(
        partnership=partnership,
        actor=system,
        at=at,
        token=token,
        agent_name=partnership.agent_name or "L’agent du service",
        agent_role="référent du projet",
        service=row["partnership"]["service"] or "direction générale",
        siret=organisation.siret,
        commitment=row["partner_commitment"],
    )


def _file(world: World, row: dict, at) -> None:
    application = world.fresh(world.files[row["key"]])
    transitions.sign_off(
        application=application,
        actor=application.lead,
        at=at,
        content_hash=queries.hash_now(application),
        mandate=row["applicant_kind"] == "collective",
    )
    world.files[row["key"]] = transitions.submit(application=application, actor=application.lead, at=at)


def _ask(world: World, row: dict, at) -> None:
    due = world.timeline.instant(row["dates"]["information_due_offset"], 23, 59)
    items = [
        {
            "label": row["state_reason"][:200] if row["state_reason"] else "Précision sur le budget",
            "reason": "Règlement, article 9",
            "section": "documents",
        }
    ]
    transitions.request_information(
        application=world.fresh(world.files[row["key"]]),
        actor=world.people["instruction"],
        at=at,
        items=items,
        due_at=due,
        message=row["state_reason"] or "",
    )


def _answer(world: World, row: dict, at) -> None:
    application = world.fresh(world.files[row["key"]])
    uploaded = SimpleUploadedFile("precisions.pdf", paper(f"{row['title']} · precisions"), "application/pdf")
    transitions.attach(
        application=application,
        actor=application.lead,
        at=at,
        uploaded=uploaded,
        content_type="application/pdf",
        kind="other",
    )
    transitions.answer(
        application=world.fresh(application), actor=application.lead, at=at, text="Voici la pièce demandée."
    )


def check(world: World, row: dict, at, failed: Collection[str] = ()) -> None:
    """The case officer's checklist; `failed` are the conditions not met."""
    application = world.fresh(world.files[row["key"]])
    note = world.variant.plant("note", row["key"], "")
    checks: dict[str, tuple[bool | None, str]] = {
        code: (code not in failed, note) for code, _label, _article in condition_codes(application)
    }
    transitions.save_checks(application=application, actor=world.people["instruction"], at=at, checks=checks)


def _declare_eligible(world: World, row: dict, at) -> None:
    check(world, row, at)
    transitions.declare_eligible(
        application=world.fresh(world.files[row["key"]]), actor=world.people["instruction"], at=at
    )


def _withdraw(world: World, row: dict, at) -> None:
    application = world.fresh(world.files[row["key"]])
    transitions.withdraw(application=application, actor=application.lead, at=at, reason=row["state_reason"] or "")


def _lapse(world: World, row: dict, at) -> None:
    application = world.fresh(world.files[row["key"]])
    if application.state == "draft":
        transitions.lapse(application=application, actor=type(world.people["admin"]).objects.system(), at=at)
