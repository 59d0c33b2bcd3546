"""Worlds of the demo that differ in chosen secrets, each known to somebody; and who may know each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from applications.models import Application
from core.models import User
from desks.demo.variants import STOPS_ON, Variant
from fund.enums import Role
from fund.models import RoleGrant
from reviews.models import Assignment, Declaration, Meeting, Panel, Seat
from reviews.queries import clear as queries
from reviews.transitions import clear, experts, simulations
from tests.desks import demo

HIDDEN = "cantine-compte"
"""In the stages that this page adds, a file from which a member and a co-president are recused; its text, scores, votes and amount are secrets too."""
PRESIDENT = "civil1"
STOPS = {"reading": (-428, 9), "meeting": (-415, 17), "signing": (-412, 9)}
"""Day and hour of the story: reviews being filed; most votes held, some files not called; decisions to be signed, none notified."""
LIKE = {"reading": ("review",), "meeting": ("review", "decided"), "signing": ("review", "decided")}
"""Stages of the demo whose secrets are told in these."""


@dataclass
class Twin(Variant):
    """A world in which the secrets of some kinds are told as in B, the others as in A."""

    of_b: frozenset[str] = frozenset()

    @property
    def stops_on(self) -> int:
        return STOPS[self.stage][0] if self.stage in STOPS else STOPS_ON.get(self.stage, 0)

    @property
    def at(self) -> datetime:
        return demo.AT.replace(hour=STOPS[self.stage][1]) if self.stage in STOPS else demo.AT

    def is_b(self, kind: str) -> bool:
        return kind in self.of_b

    def _here(self, kind: str, where: str) -> bool:
        stages = LIKE.get(self.stage, (self.stage,))
        return any(Variant("A", stage)._here(kind, where) for stage in stages)

    def change(self, data) -> None:
        if self.stage not in STOPS:
            return
        reviews, file = data.reviews, data.applications[HIDDEN]
        [recusal] = [row for row in reviews["recusals"] if row["application"] == HIDDEN]
        reviews["recusals"].append({**recusal, "member": PRESIDENT})
        [decision] = [row for row in reviews["decisions"] if row["application"] == HIDDEN]
        decision["votes"] = [vote for vote in decision["votes"] if vote["member"] != PRESIDENT]
        if self.is_b("text"):
            file["title"], file["summary"] = file["title"] + " autrement", file["summary"] + " Autrement."
            file["risks"] = [{**row, "answer": row["answer"] + " Autrement."} for row in file["risks"]]
        if self.is_b("place"):
            row = next(row for row in reviews["reviews"] if row["application"] == HIDDEN)
            row["scores"] = [{**one, "score": one["score"] - 1} for one in row["scores"]]
        if self.is_b("count"):
            next(vote for vote in decision["votes"] if vote["college"] == "state")["vote"] = "against"
        if self.is_b("amount"):
            decision["awarded_amount"] -= 500
        voted = self.stage != "reading"
        for kind in ("text", "place", *(("count", "amount") if voted else ())):
            self.secrets.append({"kind": kind, "where": HIDDEN, "value": self.is_b(kind)})


@dataclass(frozen=True)
class Person:
    """Who walks: somebody with an account, the public (no user), or who holds a link of his own (`starts`) and knows what it opens (`told`)."""

    name: str
    user: User | None = None
    starts: tuple[str, ...] = ()
    told: frozenset[str] = frozenset()


def go_on(world, variant: Twin) -> list[Person]:
    """What the demo does not tell: an expert asked, a simulation shown, clear files proposed, a dissent signed. Returns those who hold a link."""
    if variant.stage not in STOPS:
        return []
    call, file, at = world.calls["c2"], world.files[HIDDEN], variant.at
    president, officer, panel = world.people["etat1"], world.people["instruction"], Panel.objects.get(call=call)
    token = getattr(world.files.get(f"partner:{HIDDEN}"), "link_token", "")
    found = [Person("the administration's agent", starts=(f"/partenariat/{token}/",), told=frozenset({"text"}))]
    if variant.stage == "reading":
        asked = experts.ask(
            application=world.fresh(file),
            actor=president,
            at=at,
            name="Élise Vautrin",
            email="elise.vautrin@dehors.example",
            organisation="Laboratoire fictif",
            expertise="restauration collective",
            question="Les mesures prévues tiennent-elles en un an ?",
            deadline_at=at + timedelta(days=10),
        )
        found.append(Person("the expert", starts=(f"/expertise/{asked.link_token}/",), told=frozenset({"text"})))
        return found
    for base, actor in (("mine", president), ("common", officer)):
        made = simulations.simulate(panel=panel, actor=actor, at=at, name=base, note="", base=base, start="ranking")
        simulations.share_simulation(panel=panel, actor=actor, at=at, simulation=made)
    if variant.stage == "meeting":
        meeting = Meeting.objects.get(call=call)
        chosen = [one.item for one in queries.candidates(meeting) if one.is_clear]
        clear.propose_clear(meeting=meeting, actor=president, at=at, items=chosen[:2])
    return found


def holders(*roles: Role) -> set[int]:
    return set(RoleGrant.objects.filter(role__in=roles).values_list("user", flat=True))


def _team(file: Application) -> set[int]:
    return {file.lead_id, *file.members.exclude(user=None).values_list("user", flat=True)}


def knowers(secret: dict) -> set[int]:
    """Ids of those to whom this secret belongs (DESIGN §5.5, §5.6, and what each room says): everybody else walks."""
    kind, file = secret["kind"], Application.objects.filter(reference=secret["reference"]).first()
    checkers = holders(Role.CASE_OFFICER, Role.AUDITOR)
    if file is None:
        raise ValueError(f"a secret of no file: {secret}")
    if kind in ("draft", "iban"):
        return _team(file) | (holders(Role.ACCOUNTING_OFFICER) if kind == "iban" else set())
    if kind == "note":
        return checkers
    recused = set(Declaration.objects.filter(application=file, state="recused").values_list("user", flat=True))
    if kind == "recusal":
        return set(User.objects.filter(email=secret["author"]).values_list("pk", flat=True))
    seated = set(Seat.objects.filter(panel__call=file.call).values_list("user", flat=True)) - recused
    if kind == "text":
        return seated | checkers | _team(file)
    if kind == "vote":
        return seated | checkers
    if kind in ("count", "amount"):
        money = holders(Role.AUTHORISING_OFFICER, Role.ACCOUNTING_OFFICER) if kind == "amount" else set()
        return seated | checkers | money
    readers = Assignment.objects.filter(application=file, state="submitted")  # score, comment, reviewer, place
    known = set(readers.values_list("seat__user", flat=True)) - recused
    if file.call.panel.state == "reading_closed":
        known |= seated | checkers
        if file.decisions.filter(state="notified").exists():
            known |= _team(file)
    return known


def unknown_to(secrets: list[dict], people: list[Person]) -> dict[Person, frozenset[str]]:
    """For each of these people, the kinds of which no secret is his."""
    known = [(secret["kind"], knowers(secret)) for secret in secrets if secret["kind"] != "rank"]
    found = {}
    for person in people:
        his = person.told | {kind for kind, users in known if person.user is not None and person.user.pk in users}
        found[person] = frozenset(kind for kind, _users in known) - his
    return found
