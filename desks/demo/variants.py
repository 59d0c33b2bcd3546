"""Two worlds, A and B, that differ in secrets only: texts and choices that nobody but a few people may see.

Each secret of B is planted where the same one of A stands, draws the same chance and gives the same outcome. Texts carry a canary: a string that must
appear nowhere but before those people.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

STAGES = ("draft", "review", "decided", "paid")


@dataclass
class Variant:
    letter: str = "A"
    stage: str = ""
    """The stage at which the story stops, or "" for the whole of it."""
    secrets: list[dict[str, Any]] = field(default_factory=list)

    def plant(self, kind: str, where: str, text: str) -> str:
        return text

    def review(self, row: dict) -> dict:
        return row

    def votes(self, row: dict) -> list[dict]:
        return row["votes"]

    def iban(self, where: str, a: str, b: str) -> str:
        return a
