"""Who does what: every act of every machine against every role, read from the verbs themselves. A page of the fund and `docs/who-does-what.md`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from core.transitions import VERBS, Verb, Who, clock
from core.workflows import machines
from fund import people
from fund.enums import Role
from fund.rules.roles import incompatible

COLUMNS = {
    "public": _("anyone"),
    "applicant": _("applicant, then recipient"),
    "partner": _("partner administration’s agent"),
    "expert": _("external expert"),
    **{role.value: role.label for role in (Role.PANEL_MEMBER, Role.CO_PRESIDENT, Role.CASE_OFFICER)},
    **{role.value: role.label for role in (Role.AUTHORISING_OFFICER, Role.DELEGATE)},
    Role.ACCOUNTING_OFFICER.value: Role.ACCOUNTING_OFFICER.label,
    **{role.value: role.label for role in (Role.ADMINISTRATOR, Role.AUDITOR)},
    "clock": _("the fund itself"),
}
"""Those who act, in the order of a file's life; the auditor reads everything and does nothing."""
STANDS_FOR = {
    "PUB": ("public",),
    "AP": ("applicant",),
    "PA": ("partner",),
    "EX": ("expert",),
    "PM": (Role.PANEL_MEMBER,),
    "CP": (Role.CO_PRESIDENT,),
    "CO": (Role.CASE_OFFICER,),
    "AO": (Role.AUTHORISING_OFFICER,),
    "DE": (Role.DELEGATE,),
    "AC": (Role.ACCOUNTING_OFFICER,),
    "AD": (Role.ADMINISTRATOR,),
    "AU": (Role.CO_PRESIDENT, Role.AUTHORISING_OFFICER),
    "SM": (Role.CO_PRESIDENT, Role.CASE_OFFICER),
    "SELF": tuple(Role),
    "CL": ("clock",),
    "CONSOLE": ("clock",),
}
"""Columns of the people that verbs name by their code: the authority is of two kinds, one’s own role is anybody’s of the fund."""
PLAIN = (
    people.panel_member,
    people.co_president,
    people.case_officer,
    people.authorising_officer,
    people.delegate,
    people.accounting_officer,
    people.administrator,
    clock,
)
"""People whom the name of their column says entirely."""
DOES, FIRST, SECOND = _("does"), _("first key"), _("second key")


@dataclass
class Row:
    """One act: what each column may do of it, who exactly when the column alone does not say, and after which acts never the same person."""

    verb: Verb
    marks: dict[str, list] = field(default_factory=dict)
    people: list = field(default_factory=list)
    never_after: list[Verb] = field(default_factory=list)

    def mark(self, who: Who, mark) -> None:
        for column in STANDS_FOR[who.code]:
            if mark not in self.marks.setdefault(str(column), []):
                self.marks[str(column)].append(mark)
        if not any(who is one for one in PLAIN) and who.label not in self.people:
            self.people.append(who.label)


@dataclass
class Group:
    """The acts of one machine, with the columns of those who do any of them."""

    code: str
    label: str
    rows: list[Row]

    @property
    def columns(self) -> dict:
        return {code: label for code, label in COLUMNS.items() if any(code in row.marks for row in self.rows)}

    @property
    def lines(self) -> list[tuple[Row, list[tuple]]]:
        """Each act with its cells, in the order of the columns."""
        return [(row, [(label, row.marks.get(code, [])) for code, label in self.columns.items()]) for row in self.rows]


def _never_after(verb: Verb) -> list[Verb]:
    named = [name for guard in verb.guards for name in getattr(guard, "never_after", ())]
    pairs = [name.split(".") if "." in name else (verb.machine, name) for name in named]
    return [VERBS[machine][name] for machine, name in pairs]


def row_of(verb: Verb) -> Row:
    row = Row(verb, never_after=_never_after(verb))
    if verb.two_key:
        for mark, hands in ((FIRST, verb.two_key.proposes), (SECOND, verb.two_key.approves)):
            for who in hands:
                row.mark(who, mark)
    else:
        for who in verb.who:
            row.mark(who, DOES)
    return row


def groups() -> list[Group]:
    """Every act that somebody does, by machine, in the order of the rooms. What only follows from another act is not an act of anybody."""
    found = []
    for model in machines():
        rows = [row_of(verb) for verb in VERBS.get(model.machine, {}).values() if not verb.inner]
        if rows:
            found.append(Group(model.machine, capfirst(str(model._meta.verbose_name)), rows))
    return found


def counts(found: list[Group]) -> list[tuple[Group, list[tuple]]]:
    """For each machine, each column with the number of acts it has a hand in."""
    return [
        (group, [(label, sum(code in row.marks for row in group.rows)) for code, label in COLUMNS.items()])
        for group in found
    ]


def never_together() -> list[tuple[Role, list[Role]]]:
    """Each role with those that its holder may not hold."""
    return [(role, [other for other in Role if other != role and incompatible(role, other)]) for role in Role]


def never_same_person() -> list[tuple[Verb, str, list[Verb]]]:
    """Acts (and the name of their object) closed to who did another one on it, those that follow from another act included."""
    everything = [verb for verbs in VERBS.values() for verb in verbs.values()]
    return [
        (verb, str(verb.model._meta.verbose_name), earlier) for verb in everything if (earlier := _never_after(verb))
    ]


# ---- the document ----


def _cell(text) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")


def _line(cells) -> str:
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _table(head: list, rows: list[list]) -> list[str]:
    return [_line(head), f"|{'---|' * len(head)}", *map(_line, rows), ""]


def _section(group: Group) -> list[str]:
    rows = [
        [
            f"`{row.verb.name}` {row.verb.label}",
            *(", ".join(str(mark) for mark in marks) for _column, marks in cells),
            "; ".join(str(who) for who in row.people),
            ", ".join(f"`{verb.name}`" for verb in row.never_after),
        ]
        for row, cells in group.lines
    ]
    return [f"## {group.code}", "", *_table(["act", *group.columns.values(), "who exactly", "never who did"], rows)]


def page() -> str:
    """`docs/who-does-what.md`."""
    with translation.override(None):
        found = groups()
        lines = [
            "# Who does what",
            "",
            "Written from the code by `manage.py who_does_what`; `make check` fails when the two differ. Each row is a verb, each column who may run it:",
            f"*{DOES}* alone, or *{FIRST}* (proposes) and *{SECOND}* (approves), which are never turned by the same person. What only follows from another",
            "act is not listed. States, guards and effects: [workflows.md](workflows.md).",
            "",
            "## Acts in which each has a hand",
            "",
            *_table(
                ["", *COLUMNS.values()],
                [
                    [f"[{group.code}](#{group.code})", *(n or "" for _column, n in cells)]
                    for group, cells in counts(found)
                ],
            ),
            "## Roles never held together",
            "",
            *_table(
                ["role", "never with"],
                [[role.label, ", ".join(str(one.label) for one in others)] for role, others in never_together()],
            ),
            "## Never the same person on the same object",
            "",
            *_table(
                ["act", "never who did"],
                [
                    [f"`{verb.machine}.{verb.name}` {verb.label}", ", ".join(f"`{one.name}`" for one in earlier)]
                    for verb, _object, earlier in never_same_person()
                ],
            ),
        ]
        for group in found:
            lines += _section(group)
        return "\n".join(lines).rstrip() + "\n"


def documents(root: Path) -> dict[Path, str]:
    return {root / "docs" / "who-does-what.md": page()}


__all__ = ["COLUMNS", "counts", "documents", "groups", "never_same_person", "never_together", "page"]
