"""The communes of France, from the bundled list of INSEE (see `fund/data/README.md`). Read once, on first use.

A commune is named by its INSEE code, which is not its postcode.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Commune:
    insee_code: str
    name: str
    department: str
    department_name: str
    region: str
    region_name: str
    postcodes: tuple[str, ...]

    def __str__(self):
        return f"{self.name} ({self.department})"


def fold(text: str) -> str:
    """Without accents, case or punctuation: `Saint-Étienne` and `st etienne` meet."""
    plain = (
        unicodedata.normalize("NFD", text.replace("œ", "oe").replace("Œ", "oe").replace("’", "'"))
        .encode("ascii", "ignore")
        .decode()
        .lower()
    )
    words = re.sub(r"[^a-z0-9]+", " ", plain).split()
    return " ".join({"st": "saint", "ste": "sainte"}.get(word, word) for word in words)


def _rows(name: str):
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@lru_cache(maxsize=1)
def regions() -> dict[str, str]:
    """Region names by code."""
    return {row["code"]: row["name"] for row in _rows("regions.csv")}


@lru_cache(maxsize=1)
def departments() -> dict[str, tuple[str, str]]:
    """Name and region code of each department, by code."""
    return {row["code"]: (row["name"], row["region"]) for row in _rows("departments.csv")}


def department_name(code: str) -> str:
    """Name of a department, empty when there is none of this code."""
    return departments().get(code, ("", ""))[0]


@lru_cache(maxsize=1)
def _communes() -> dict[str, Commune]:
    names, found = regions(), {}
    for row in _rows("communes.csv"):
        department = row["department"]
        department_name, region = departments().get(department, ("", ""))
        found[row["code"]] = Commune(
            row["code"],
            row["name"],
            department,
            department_name,
            region,
            names.get(region, ""),
            tuple(row["postcodes"].split()) if row["postcodes"] else (),
        )
    return found


@lru_cache(maxsize=1)
def _by_folded_name() -> list[tuple[str, str]]:
    return sorted((fold(commune.name), code) for code, commune in _communes().items())


@lru_cache(maxsize=1)
def _by_postcode() -> dict[str, list[str]]:
    codes: dict[str, list[str]] = {}
    for code, commune in _communes().items():
        for postcode in commune.postcodes:
            codes.setdefault(postcode, []).append(code)
    return codes


def find(insee_code: str) -> Commune | None:
    """The commune of an INSEE code, or None."""
    return _communes().get(str(insee_code or "").strip().upper())


def search(text: str, limit: int = 20) -> list[Commune]:
    """Communes by name (accents and case do not count), postcode or INSEE code: exact names first, then beginnings, then words inside.

    A department may follow the name: `nevers 58`, `Saint-Denis (93)`.
    """
    wanted = fold(text)
    if not wanted:
        return []
    communes = _communes()
    if re.fullmatch(r"\d{5}|2[ab]\d{3}", wanted):
        codes = [*([wanted.upper()] if wanted.upper() in communes else []), *_by_postcode().get(wanted, [])]
        return [communes[code] for code in dict.fromkeys(codes)][:limit]
    head, _space, tail = wanted.rpartition(" ")
    department = tail.upper() if head and tail.upper() in departments() else ""
    name = head if department else wanted
    found = _named(name, department, limit)
    return [communes[code] for code in found]


def _named(name: str, department: str, limit: int) -> list[str]:
    entries, communes = _by_folded_name(), _communes()

    def fits(code: str) -> bool:
        return not department or communes[code].department == department

    begins = []
    for index in range(bisect_left(entries, (name, "")), len(entries)):
        folded, code = entries[index]
        if not folded.startswith(name) or len(begins) >= limit:
            break
        if fits(code):
            begins.append(code)
    if len(begins) < limit:
        inside = (code for folded, code in entries if f" {name}" in folded and fits(code))
        begins = list(dict.fromkeys([*begins, *inside]))
    return begins[:limit]


def place(insee_code: str) -> dict[str, str]:
    """`insee_code, commune, department, region` of a code, as organisations and files store them; empty when it is unknown."""
    commune = find(insee_code)
    if commune is None:
        return {"insee_code": "", "commune": "", "department": "", "region": ""}
    return {
        "insee_code": commune.insee_code,
        "commune": commune.name,
        "department": commune.department,
        "region": commune.region,
    }
