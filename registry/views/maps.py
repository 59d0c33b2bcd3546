"""The map of projects: one square a department, near its place, so that a small one is read as well as a large one."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fund import communes
from registry.queries import Filters

SIDE = 40
GRID = """
  .   .   .   .   .   .  62  59   .   .   .   .
  .   .   .   .   .  76  80  60  02   .   .   .
  .   .   .  14  27  95  75  93  08  55  57   .
 29  22  50  61  78  92  94  77  51  54  88  67
 56  35  53  72  28  91  45  89  10  52  70  68
  .  44  85  49  37  41  18  58  21  39  25  90
  .   .  17  79  86  36  23  03  71  01  74   .
971   .   .  16  87  19  63  42  69  38  73   .
972   .   .  33  24  46  15  43  07  26  05   .
973   .   .  40  47  82  12  48  30  84  04   .
974   .   .  64  32  31  81  34  13  83  06  2B
976   .   .   .  65  09  11  66   .   .   .  2A
"""
"""Rows from north to south; the overseas departments stand in the first column. Other territories are named in the table alone."""


@dataclass(frozen=True)
class Tile:
    code: str
    label: str
    projects: int
    search: str
    column: int
    row: int
    is_current: bool

    @property
    def level(self) -> int:
        """Four densities of ink: none, 1 or 2, 3 to 5, 6 and more."""
        return (self.projects > 0) + (self.projects > 2) + (self.projects > 5)

    @property
    def x(self) -> int:
        return SIDE * self.column + 1

    @property
    def y(self) -> int:
        return SIDE * self.row + 1

    @property
    def middle(self) -> int:
        return self.x + 18

    @property
    def plate_x(self) -> int:
        return self.x + 3

    @property
    def plate_y(self) -> int:
        return self.y + 8

    @property
    def baseline(self) -> int:
        return self.y + 24


def tiles(rows: list[dict], filters: Filters) -> list[Tile]:
    """Every department with the number of projects that match the other filters, in the order of the codes."""
    counts = {row["department"]: row["projects"] for row in rows}
    found = []
    for row, line in enumerate(GRID.strip("\n").splitlines()):
        for column, code in enumerate(line.split()):
            if code != ".":
                number = counts.get(code, 0)
                words = ngettext("%(count)s project", "%(count)s projects", number) % {"count": number}
                label = _("%(department)s (%(code)s): %(projects)s") % {
                    "department": communes.department_name(code),
                    "code": code,
                    "projects": words,
                }
                search = filters.search(departement=code)
                found.append(Tile(code, label, number, search, column, row, filters.department == code))
    return sorted(found, key=lambda tile: tile.code.rjust(3, "0") if tile.code.isdigit() else f"0{tile.code}")
