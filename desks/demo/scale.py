"""Many rows for measuring: consistent, written in bulk past the verbs, marked as what they are. Never part of the demo's story.

Three calls of their own are made by the verbs: one open, one under review, one decided. Files have their filed version, readings their declaration, grants
their notified decision, agreement and instalments; money goes through `fund.ledger.post`, so the books and the chain hold whatever the number.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from applications.models import Application, ApplicationVersion
from core import documents, references
from core.models import Document, User
from core.transitions import canonical_hash
from desks.demo import files, institution
from desks.demo.reader import cents
from desks.demo.story import quiet
from desks.demo.timeline import Timeline
from desks.demo.world import World
from fund import ledger
from fund.enums import College, Role
from fund.models import Call, RoleGrant, RuleVersion
from fund.transitions import calls, envelopes
from payments.models import Agreement, Instalment, Report
from payments.schedule import final_report_due, instalment_amounts, pay_by, project_end
from registry.index.refresh import fresh
from reviews.models import Assignment, Decision, Declaration, Panel, Seat
from reviews.transitions import calls as review_calls
from reviews.transitions import panels

CHUNK = 500
NOTE = "échelle"
"""Word that marks every row made here."""
GRANTED_ON = -360
MODELS = {"open": "c4", "review": "c3", "decided": "c2"}
"""Calls of the data whose text and calendar the calls of scale take."""


def write(*, applications: int, grants: int, members: int, at: datetime) -> dict[str, int]:
    """Add this many of each to the fund, which is founded first when it has no roles. Returns what was added."""
    with quiet(), transaction.atomic():
        world = _world(at)
        each = max((cents(row["requested_amount"]) for row in world.data.applications.values()), default=0)
        amount = max(each * grants, cents(30_000)) + cents(30_000)
        made = {name: _call(world, name, amount if name == "decided" else cents(60_000)) for name in MODELS}
        seats = _panel(world, made["review"], members, at)
        under_review = _files(world, made["review"], applications - applications // 2, "under_review", at)
        _files(world, made["open"], applications // 2, "submitted", at)
        _readings(seats, under_review, at)
        _grants(world, made["decided"], _files(world, made["decided"], grants, "selected", at))
    fresh()  # the registry reads the new grants now, not at the first visit
    return {"applications": applications, "grants": grants, "members": members}


# ---- who, and the calls ----


def _world(at: datetime) -> World:
    world = World(Timeline(at))
    if not RoleGrant.objects.exists():
        world.data.calls.clear()
        institution.plan(world)
        world.timeline.play()
        world = World(Timeline(at))
    emails = {row["email"]: key for key, row in world.data.people.items()}
    world.people = {emails[user.email]: user for user in User.objects.filter(email__in=emails)}
    return world


def _call(world: World, name: str, amount: int) -> Call:
    """Written by one case officer, published with the other's key; then as far as its model went."""
    row = world.data.calls[MODELS[name]]
    row = {
        **row,
        "title": f"Appel d’échelle ({name})",
        "slug": f"echelle-{name}-{Call.objects.count() + 1}",
        "envelope": name,
    }
    days, officer, system = row["calendar"], world.people["instruction"], User.objects.system()
    announced = world.timeline.instant(days["announced_offset"], 12)
    year = timezone.localdate(announced).year
    envelope = envelopes.create(
        year=year, label=f"Enveloppe d’{NOTE} {row['slug']}", actor=world.people["ordonnateur"], at=announced
    )
    world.envelopes[name] = world.both(envelope, "open", "ordonnateur", "civil1", announced, amount=amount)
    call = calls.create(content=institution.call_content(world, row), actor=officer, at=announced)
    call = world.both(call, "publish", "instruction", "instruction2", announced)
    if name != "open":
        closing = world.timeline.instant(days["closes_offset"], 18)
        call = review_calls.close(call=world.fresh(call), actor=system, at=closing)
    if name == "decided":
        call = review_calls.conclude_empty(
            call=world.fresh(call), actor=officer, at=world.timeline.instant(days["notified_offset"])
        )
    return world.fresh(call)


def _panel(world: World, call: Call, members: int, at: datetime) -> list[Seat]:
    """The demo's members and as many more as asked, in equal number; the review then starts on a first file."""
    users = _people(members - members % 2, "membre", at)
    RoleGrant.objects.bulk_create(
        [
            RoleGrant(
                user=user,
                role=Role.PANEL_MEMBER,
                college=college,
                title=f"membre, {NOTE}",
                state="granted",
                starts_at=at - timedelta(days=400),
                granted_at=at - timedelta(days=400),
                granted_by=world.people["admin"],
            )
            for user, college in _colleges(users)
        ],
        batch_size=CHUNK,
    )
    presidents = [("civil1", College.CIVIL_SOCIETY), ("etat1", College.STATE)]
    seats = [
        {"user": world.people[key], "college": college, "kind": "full_member", "is_president": True}
        for key, college in presidents
    ] + [{"user": user, "college": college, "kind": "full_member"} for user, college in _colleges(users)]
    officer, day = world.people["instruction"], world.timeline.instant(-20)
    _size(call, len(seats) // 2)
    _files(world, call, 1, "eligible", at)
    panel = panels.constitute(call=call, actor=officer, at=day, seats=seats)
    review_calls.start_review(call=world.fresh(call), actor=officer, at=day)
    return list(Panel.objects.get(pk=panel.pk).seats.order_by("pk"))


def _size(call: Call, full: int) -> None:
    """Rules of this call alone, those of the fund but for the number of members: its panel is far larger than any rulebook wants."""
    rules = call.rule_version
    if rules is None:
        raise ValueError(f"{call.slug} has no rules yet")
    own = RuleVersion(
        number=RuleVersion.objects.order_by("-number").values_list("number", flat=True)[0] + 1,
        state="superseded",
        parameters=rules.parameters | {"full_members_per_college": full},
        note=NOTE,
        in_force_at=rules.in_force_at,
        superseded_at=rules.in_force_at,
    )
    own.save(force_insert=True)
    Call.objects.filter(pk=call.pk).update(rule_version=own)


def _colleges(users: list[User]) -> list[tuple[User, College]]:
    return [(user, (College.CIVIL_SOCIETY, College.STATE)[number % 2]) for number, user in enumerate(users)]


def _people(count: int, word: str, at: datetime) -> list[User]:
    first, password = User.objects.count(), make_password(None)
    rows = [
        User(
            email=f"{word}-{first + number}@echelle.example",
            name=f"{word.capitalize()} {first + number}",
            password=password,
        )
        for number in range(count)
    ]
    return User.objects.bulk_create(rows, batch_size=CHUNK)


# ---- files and readings ----


def _files(world: World, call: Call, count: int, state: str, at: datetime) -> list[Application]:
    """Filed files of people of their own, with the content of the demo's, in this state."""
    received = call.closes_at - timedelta(days=3) if call.closes_at <= at else at - timedelta(days=1)
    models = [
        row
        for row in world.data.applications.values()
        if row["applicant_kind"] == "citizen" and row["dates"]["submitted_offset"] is not None
    ]
    rows = []
    for number, lead in enumerate(_people(count, "porteur", at)):
        model = models[number % len(models)]
        place = model["territory"]
        rows.append(
            Application(
                reference=references.new("FP", timezone.localdate(received).year),
                call=call,
                applicant_kind="citizen",
                lead=lead,
                bearer_person=lead,
                applicant_name=lead.name,
                applicant_key=f"user:{lead.pk}",
                title=f"{model['title']} ({NOTE} {number + 1})",
                summary=model["summary"],
                requested_amount=cents(model["requested_amount"]),
                insee_code=place["insee_code"],
                commune=place["commune"],
                department=place["department"],
                region=place["region"],
                themes=model["themes"],
                duration_months=model["duration_months"],
                created_at=received - timedelta(days=5),
            )
        )
    rows = Application.objects.bulk_create(rows, batch_size=CHUNK)
    contents = {model["key"]: files.sections(world, model) for model in models}
    versions = []
    for number, row in enumerate(rows):
        content = contents[models[number % len(models)]["key"]]
        versions.append(
            ApplicationVersion(
                application=row,
                number=1,
                content=content,
                content_hash=canonical_hash(content),
                filed_at=received,
                received_at=received,
                filed_by=row.lead,
            )
        )
    versions = ApplicationVersion.objects.bulk_create(versions, batch_size=CHUNK)
    checked = received + timedelta(days=10) if state != "submitted" else None
    filed = [
        Application(
            pk=row.pk,
            state=state,
            filed_version=version,
            first_received_at=received,
            received_at=received,
            eligible_at=checked,
        )
        for row, version in zip(rows, versions, strict=True)
    ]
    names = ["state", "filed_version", "first_received_at", "received_at", "eligible_at"]
    Application.objects.bulk_update(filed, names, batch_size=CHUNK)
    found = []
    for start in range(0, len(rows), CHUNK):
        found += Application.objects.filter(pk__in=[row.pk for row in rows[start : start + CHUNK]]).order_by("pk")
    return found


def _readings(seats: list[Seat], rows: list[Application], at: datetime) -> None:
    """Two readers of each college for every file, in turn, each without interest."""
    by_college = {college: [seat for seat in seats if seat.college == college] for college in College.values}
    declarations, assignments = [], []
    for number, row in enumerate(rows):
        for own in by_college.values():
            for turn in range(min(2, len(own))):
                seat = own[(2 * number + turn) % len(own)]
                declarations.append(
                    Declaration(application=row, user_id=seat.user_id, state="none", opened_at=at, declared_at=at)
                )
                assignments.append(
                    Assignment(application=row, seat=seat, state="assigned", assigned_at=at, affinity=50)
                )
    Declaration.objects.bulk_create(declarations, batch_size=CHUNK)
    Assignment.objects.bulk_create(assignments, batch_size=CHUNK)


# ---- grants ----


def _grants(world: World, call: Call, rows: list[Application]) -> None:
    """Notified, signed, committed; every other first instalment certified."""
    people, day = world.people, world.timeline.instant(GRANTED_ON)
    papers = {kind: _papers(rows, kind, day) for kind in ("award_letter", "agreement")}
    decisions = Decision.objects.bulk_create(
        [
            Decision(
                state="notified",
                reference=references.new("D", day.year),
                application=row,
                kind="award",
                outcome="selected",
                amount=row.requested_amount,
                rank=number,
                grounds=f"Projet d’{NOTE}.",
                rule_version=call.rule_version,
                authority=call.authority,
                decided_at=day,
                signed_at=day,
                notified_at=day,
                document=letter,
            )
            for number, (row, letter) in enumerate(zip(rows, papers["award_letter"], strict=True), 1)
        ],
        batch_size=CHUNK,
    )
    starts_on = timezone.localdate(day)
    agreements = Agreement.objects.bulk_create(
        [
            Agreement(
                state="active",
                reference=row.reference,
                application=row,
                decision=decision,
                amount=row.requested_amount,
                award_amount=row.requested_amount,
                bearer_name=row.applicant_name,
                case_officer=people["instruction"],
                offered_at=day,
                accept_by_at=day + timedelta(days=45),
                accepted_at=day,
                accepted_by_id=row.lead_id,
                signatory_id=row.lead_id,
                sign_by_at=day + timedelta(days=30),
                bearer_signed_at=day,
                bearer_signed_by_id=row.lead_id,
                signed_at=day,
                signed_by=people["ordonnateur"],
                starts_on=starts_on,
                ends_on=project_end(starts_on, row.duration_months),
                duration_months=row.duration_months,
                document=paper,
            )
            for row, decision, paper in zip(rows, decisions, papers["agreement"], strict=True)
        ],
        batch_size=CHUNK,
    )
    _instalments(world, call, agreements, starts_on, day)
    _reports(agreements)
    _books(call, rows, decisions, agreements, day)


def _papers(rows: list[Application], kind: str, day: datetime) -> list[Document]:
    """Papers that say what they stand for; their bytes are drawn when the worker comes to them."""
    version = documents.template_version(kind, "fr")
    return Document.objects.bulk_create(
        [
            Document(
                state="void",
                code=references.new("DOC"),
                kind=kind,
                language="fr",
                title=f"{NOTE} {row.reference}",
                template_version=version,
                context={},
                context_hash=canonical_hash({}),
                subject=row.reference,
                owner_machine="application",
                owner_id=row.pk,
                frozen_at=day,
                voided_at=day,
            )
            for row in rows
        ],
        batch_size=CHUNK,
    )


def _instalments(world: World, call: Call, agreements: list[Agreement], starts_on: date, day: datetime) -> None:
    lines = list(call.instalment_lines.order_by("number"))
    rows = []
    for number, agreement in enumerate(agreements):
        amounts = instalment_amounts(agreement.amount, [line.percent for line in lines])
        for line, amount in zip(lines, amounts, strict=True):
            first = line is lines[0]
            certified = first and number % 2 == 0
            rows.append(
                Instalment(
                    state="certified" if certified else "due" if first else "scheduled",
                    agreement=agreement,
                    number=line.number,
                    code=line.code,
                    label=line.label,
                    percent=line.percent,
                    trigger=line.trigger,
                    is_balance=line is lines[-1],
                    amount=amount,
                    due_since_on=starts_on if first else None,
                    pay_by_on=pay_by(starts_on) if first else None,
                    certified_amount=amount if certified else None,
                    certified_by=world.people["instruction"] if certified else None,
                    certified_at=day if certified else None,
                    certification_note=NOTE if certified else "",
                )
            )
    Instalment.objects.bulk_create(rows, batch_size=CHUNK)


def _reports(agreements: list[Agreement]) -> None:
    Report.objects.bulk_create(
        [
            Report(agreement=row, kind="final", due_on=final_report_due(row.ends_on, private_body=False))
            for row in agreements
        ],
        batch_size=CHUNK,
    )


def _books(
    call: Call, rows: list[Application], decisions: list[Decision], agreements: list[Agreement], day: datetime
) -> None:
    """What each grant holds, entry by entry, sealed once at the end."""
    certified = dict(
        Instalment.objects.filter(agreement__application__call=call, state="certified").values_list(
            "agreement__reference", "certified_amount"
        )
    )
    with ledger.batch(day):
        for row, decision, agreement in zip(rows, decisions, agreements, strict=True):
            ledger.open_grant(row.reference, call.envelope, row.requested_amount, call.ceiling_amount)
            ledger.set_awarded(row.reference, agreement.amount)
            facts = {"at": day, "amount": agreement.amount, "grant": row.reference}
            ledger.post("reserve", basis=decision.reference, **facts)
            ledger.post("commit", basis=agreement.reference, **facts)
            if row.reference in certified:
                ledger.add_certified(row.reference, certified[row.reference])
