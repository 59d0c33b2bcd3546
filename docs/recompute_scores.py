"""Recompute the score of every funded project from the open data alone, and compare it with the one published.

    python recompute_scores.py projets.json
    python recompute_scores.py https://…/donnees/projets.json

Python 3.11 or newer, nothing else. Exits 1 when a score differs or is malformed, 0 when all that can be recomputed agrees.

The rule (rulebook, art. 14): reviews give half points, 0 to 10 for 0 to 5. For each college and criterion, the mean of the scores given; the college's score
is the weighted mean over the criteria; the project's score is the mean of the two colleges. Exact fractions, rounded once, half up, to two decimals. When a
college has fewer than two reviews its ballots are not published (a single one would be one person's): such a score is counted as not recomputable.
"""

import json
import sys
import urllib.request
from fractions import Fraction

COLLEGES = ("civil_society", "state")


class Malformed(Exception):
    """The data does not say what the rule needs."""


def load(source: str) -> list[dict]:
    if source.startswith(("https://", "http://")):
        with urllib.request.urlopen(source) as answer:  # noqa: S310  the address the reader typed
            return json.load(answer)["projects"]
    with open(source, encoding="utf-8") as file:
        return json.load(file)["projects"]


def college_score(ballots: dict, criteria: list[dict]) -> Fraction:
    """Weighted mean over the criteria of the mean of the scores given, out of 5."""
    total = Fraction(0)
    for criterion in criteria:
        given = ballots.get(criterion["code"], [])
        if not given:
            raise Malformed(f"no score on {criterion['code']}")
        if not all(isinstance(points, int) and 0 <= points <= 10 for points in given):
            raise Malformed(f"half points go from 0 to 10, on {criterion['code']}")
        total += criterion["weight"] * Fraction(sum(given), 2 * len(given))
    return total / sum(criterion["weight"] for criterion in criteria)


def score(project: dict) -> str:
    """As published: `3.88`."""
    criteria, ballots = project["criteria"], project["ballots"]
    if not criteria or any(criterion["weight"] <= 0 for criterion in criteria):
        raise Malformed("no criteria with positive weights")
    value = sum(college_score(ballots.get(college, {}), criteria) for college in COLLEGES) / len(COLLEGES)
    hundredths = (value * 200 + 1) // 2
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def main(source: str) -> int:
    equal, faults, withheld, without = 0, [], {}, 0
    for project in load(source):
        if not project.get("score"):
            without += 1  # earlier grants, and those not taken up
        elif project.get("ballots") is None:
            reason = project.get("ballots_withheld") or "ballots not published"
            withheld[reason] = withheld.get(reason, 0) + 1
        else:
            try:
                found = score(project)
            except (Malformed, KeyError, TypeError, ZeroDivisionError) as error:
                faults.append(f"{project['reference']}: cannot be recomputed ({error})")
                continue
            if found == project["score"]:
                equal += 1
            else:
                faults.append(f"{project['reference']}: published {project['score']}, recomputed {found}")
    for fault in faults:
        print(fault)
    for reason, count in sorted(withheld.items()):
        print(f"{count} not recomputable: {reason}")
    print(f"{equal} scores recomputed and equal, {len(faults)} differ, {without} projects without a published score")
    return 1 if faults else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
