"""Random panels: whatever the attendance, the interests and the rules, a vote counts whom it may, and no college decides alone."""

from __future__ import annotations

from tests.reviews import panel_machine


def test_random_panels_keep_the_rules_of_votes():
    seen = panel_machine.run(3_000)
    outcomes = {f"r133_11: {word}" for word in ("adopted", "rejected", "tied", "deferred")}
    outcomes |= {f"college_weighted: {word}" for word in ("adopted", "rejected", "tied", "deferred")}
    for name in (
        *outcomes,
        "quorum met",
        "quorum missed",
        "second notice",
        "paritary",
        "not paritary",
        "recused voices",
        "seats taken by an alternate",
    ):
        assert seen[name] >= 10, (name, seen)
