"""The demo's data as it lies in `data/`: amounts in euros there, in cents here; days are offsets from the demo's now."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cached_property
from pathlib import Path

DATA = Path(__file__).resolve().parent / "data"


def cents(euros) -> int:
    return int((Decimal(str(euros)) * 100).to_integral_value())


class Data:
    """Each file read once; `people`, `organisations`, `calls`, `applications` and `grants` by their key."""

    def _read(self, name: str) -> dict:
        return json.loads((DATA / f"{name}.json").read_text())

    @cached_property
    def fund(self) -> dict:
        return self._read("fund")

    @cached_property
    def people(self) -> dict[str, dict]:
        return {row["key"]: row for row in self._read("people")["people"]}

    @cached_property
    def password(self) -> str:
        return self._read("people")["demo_password"]

    @cached_property
    def organisations(self) -> dict[str, dict]:
        found = self._read("organisations")
        return {row["key"]: row for row in [*found["recipients"], *found["administrations"]]}

    @cached_property
    def calls(self) -> dict[str, dict]:
        return {row["key"]: row for row in self._read("calls")["calls"]}

    @cached_property
    def applications(self) -> dict[str, dict]:
        return {row["key"]: row for row in self._read("applications")["applications"]}

    @cached_property
    def reviews(self) -> dict:
        return self._read("reviews")

    @cached_property
    def grants(self) -> dict[str, dict]:
        return {row["application"]: row for row in self._read("grants")["grants"]}

    @cached_property
    def history(self) -> bytes:
        return (DATA / "history.csv").read_bytes()
