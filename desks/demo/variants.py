"""Two worlds, A and B, that differ in secrets only: what nobody but a few people may see.

Each secret of B stands where the same one of A stands, draws the same chance and leads to the same outcome. A text carries a canary: a string that
may appear nowhere but before those people.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from desks.demo.reader import Data

STAGES = ("draft", "review", "decided", "paid")
STOPS_ON = {"draft": -480, "review": -428, "decided": -407, "paid": -60}
"""Day of the story that is "now" when it stops at a stage: drafts being written; reviews being filed; results notified; grants paid."""
SPOTS = {
    # kind: (where in the whole story, where at each stage)
    "score": ("aidants-nuit/civil1", {"review": "thermometres/civil6"}),
    "comment": ("valise-sortie/etat3", {"review": "thermometres/etat3"}),
    "reviewer": ("premieres-regles/civil_society", {"review": "sonde-mangrove/civil_society"}),
    "vote": ("drones-plages/state", {"decided": "drones-plages/state", "paid": "drones-plages/state"}),
    "recusal": ("aidants-nuit/etat2", dict.fromkeys(("review", "decided", "paid"), "cantine-compte/civil7")),
    "note": ("dettes-enveloppe", dict.fromkeys(("review", "decided", "paid"), "bail-sans-peine")),
    "draft": ("elus-juniors", {"draft": "siege-libre"}),
    "iban": ("thermometres/compte", {"paid": "thermometres/compte"}),
}
"""Where each kind of secret is planted."""
MAY_SEE = {
    "score": "its author; the other readers of the file once they filed; case officers and the panel once reading is closed",
    "comment": "its author; the other readers of the file once they filed; case officers and the panel once reading is closed",
    "reviewer": "case officers and co-presidents; the readers of the file once they filed",
    "rank": "nobody until reading is closed",
    "vote": "nobody outside the meeting: the minutes and the public page count votes by college",
    "recusal": "its author",
    "note": "case officers and auditors",
    "draft": "the people of the file",
    "iban": "the recipient, the accounting officer",
}
EXCHANGED = {
    "drones-plages": ("etat5", "etat6"),
    "premieres-regles": ("civil5", "civil6"),
    "sonde-mangrove": ("civil6", "civil4"),
}
"""Two members of one college who in B hold each other's vote, or wrote each other's review."""


@dataclass
class Variant:
    letter: str = "A"
    stage: str = ""
    """The stage at which the story stops, or "" for the whole of it."""
    secrets: list[dict[str, Any]] = field(default_factory=list)

    def _here(self, kind: str, where: str) -> bool:
        whole, staged = SPOTS[kind]
        return where == (staged.get(self.stage) if self.stage else whole)

    def _keep(self, kind: str, where: str, value, canary: str = "") -> None:
        secret = {"kind": kind, "where": where, "value": value, "may_see": MAY_SEE[kind]}
        if canary:
            secret["canary"] = canary
        self.secrets = [one for one in self.secrets if (one["kind"], one["where"]) != (kind, where)] + [secret]

    @property
    def main_call(self) -> str:
        """The call the demo is about: with a stage, one whose every stage the data tell."""
        return "c2" if self.stage else "c3"

    @property
    def stops_on(self) -> int:
        return STOPS_ON.get(self.stage, 0)

    def is_b(self, kind: str) -> bool:
        """Whether the secrets of this kind are told as in B."""
        return self.letter == "B"

    def change(self, data: Data) -> None:
        """What this world tells otherwise, before its story begins: nothing, in A and B."""

    def plant(self, kind: str, where: str, text: str) -> str:
        """The same text, with the canary of this world where the secret stands."""
        if not self._here(kind, where):
            return text
        digest = hashlib.sha256(f"{kind} {where} {'B' if self.is_b(kind) else 'A'}".encode()).hexdigest()[:12]
        canary = f"canari-{digest}"
        planted = f"{text} ({canary})".strip()
        self._keep(kind, where, planted, canary)
        return planted

    def review(self, row: dict) -> dict:
        """A review as it is in this world: one score, one comment, one author differ."""
        where = f"{row['application']}/{row['member']}"
        if self._here("score", where):
            first, *others = row["scores"]
            score = 1 if self.is_b("score") else first["score"]
            self._keep("score", f"{where}/{first['criterion']}", score)
            return {**row, "scores": [{**first, "score": score}, *others]}
        return {**row, "comment_to_applicant": self.plant("comment", where, row["comment_to_applicant"] or "")}

    def author(self, row: dict, rows: list[dict]) -> dict:
        """Whose scores and words this reading holds: in B two readers of one college wrote each other's."""
        pair = EXCHANGED.get(row["application"], ())
        if row["member"] not in pair or not self._here("reviewer", f"{row['application']}/{row['college']}"):
            return row
        other = next(
            one for one in rows if one["application"] == row["application"] and one["member"] in pair and one is not row
        )
        held = other if self.is_b("reviewer") else row
        self._keep(
            "reviewer",
            f"{row['application']}/{row['college']}/{row['member']}",
            held["comment_to_applicant"],
        )
        return {**row, "scores": held["scores"], "comment_to_applicant": held["comment_to_applicant"]}

    def votes(self, row: dict) -> list[dict]:
        """The same count in each college; in B two of its members hold each other's vote."""
        first, second = EXCHANGED.get(row["application"], ("", ""))
        college = next((vote["college"] for vote in row["votes"] if vote["member"] == first), "")
        if not self._here("vote", f"{row['application']}/{college}"):
            return row["votes"]
        given = {vote["member"]: vote["vote"] for vote in row["votes"]}
        if self.is_b("vote"):
            given[first], given[second] = given[second], given[first]
        for member in (first, second):
            self._keep("vote", f"{row['application']}/{member}", given[member])
        return [{**vote, "vote": given[vote["member"]]} for vote in row["votes"]]

    def iban(self, where: str, a: str, b: str) -> str:
        """A bank account that waits for approval: no document names it yet."""
        if not self._here("iban", where):
            return a
        given = b if self.is_b("iban") else a
        self._keep("iban", where, given)
        return given

    def ranks(self, call: str, ranks: dict[str, Any]) -> None:
        """What the scores filed so far would give, while nobody may know."""
        self._keep("rank", call, ranks)
