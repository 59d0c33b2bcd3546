"""Simulations under the envelope: who is shown which, and what each would fund.

Everything is counted over the files of the simulation. A simulation made over a file that is closed to its reader does not exist for him: neither its
choices nor what it leaves in the envelope could be shown without telling something of that file (DESIGN 5.5).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from django.db.models import Count, Exists, OuterRef, Q, Sum
from django.utils.translation import gettext as _

from applications.models import Application
from applications.queries import with_interest
from fund import communes
from fund.enums import College, OrganisationKind, Role
from fund.models import Theme
from fund.queries import has_role
from reviews import portfolio, scoring
from reviews.enums.reading import DeclarationState
from reviews.enums.simulation import SimulationBase
from reviews.models import Declaration, Panel, Simulation, SimulationLine
from reviews.queries.interests import closed_references, opened_files, recused_references
from reviews.queries.panels import seat_of
from reviews.queries.ranking import Line, Ranking, ranked

OUT = 3
"""How many files that fall just out are named."""


# ---- who is shown what ----


def is_maker(user, panel: Panel) -> bool:
    """The secretary (case officers) and the co-presidents who sit in this panel make simulations and see those that are not shared."""
    if has_role(user, Role.CASE_OFFICER):
        return True
    return has_role(user, Role.CO_PRESIDENT) and seat_of(user, panel) is not None


def _open_to(user, panel: Panel) -> Q:
    """Files whose figures this person may see, as a condition on applications: never one he has an interest in; a member, those he declared on."""
    found = ~Q(pk__in=with_interest(user).values("pk"))
    if seat_of(user, panel) is not None:
        found &= Q(pk__in=opened_files(user))
    elif not has_role(user, Role.CASE_OFFICER) and not has_role(user, Role.AUDITOR):
        found &= Q(pk__in=[])
    return found


def base_files(panel: Panel, user, base: str):
    """The files under review that a simulation of this person is made over. None before reading is closed."""
    if not panel.is_reading_closed:
        return Application.objects.none()
    files = Application.objects.filter(
        _open_to(user, panel), call=panel.call_id, state="under_review", filed_version__isnull=False
    )
    if base == SimulationBase.COMMON:
        members = panel.seats.current().members().values("user")
        recused = Declaration.objects.filter(user__in=members, state=DeclarationState.RECUSED)
        files = files.exclude(pk__in=recused.values("application"))
    return files


def simulations_for(user, panel: Panel):
    """Simulations of a call this person is shown, latest first: no line of theirs is closed to him; shared, unless he may make some."""
    if not panel.is_reading_closed:
        return Simulation.objects.none()
    open_files = Application.objects.filter(_open_to(user, panel), call=panel.call_id)
    closed = SimulationLine.objects.filter(simulation=OuterRef("pk")).exclude(application__in=open_files.values("pk"))
    rows = Simulation.objects.filter(~Exists(closed), panel=panel).select_related("made_by")
    return rows if is_maker(user, panel) else rows.filter(shared_at__isnull=False)


def listed(user, panel: Panel):
    """The same with what each funds: `funded` files, `total` cents."""
    funds = Q(lines__amount__gt=0)
    return (
        simulations_for(user, panel)
        .annotate(funded=Count("lines", filter=funds), total=Sum("lines__amount"))
        .order_by("-changed_at", "-id")
    )


def closed_to(user, panel: Panel) -> list[str]:
    """References of the files of the call that are closed to this person: all that he is told of them."""
    if seat_of(user, panel) is not None:
        return recused_references(user, panel.call)
    return closed_references(user, panel.call_id)


# ---- figures ----


def order_of(lines: Iterable[Line], college: str = "") -> list[Line]:
    """Files that may be funded without more words, best first: by rank, or by the score of one college (published; equal ones by rank). Without a rank, or
    below the lowest score, a file is never taken by itself."""
    able = [line for line in lines if line.rank is not None and not line.below_minimum]
    if not college:
        return able
    return sorted(able, key=lambda line: -scoring.hundredths(line.score.colleges[College(college)]))


def wishes(lines: Iterable[Line]) -> list[portfolio.Wish[int]]:
    return [
        portfolio.Wish(
            line.application.pk, portfolio.most_amount(line.application), portfolio.least_amount(line.application)
        )
        for line in lines
    ]


def filled(lines: Iterable[Line], free: int, college: str = "") -> dict[int, int]:
    """Cents by file, as the money reaches down a ranking."""
    return portfolio.fill(wishes(order_of(lines, college)), free)


@dataclass
class Row:
    """One file of a simulation. `civil`, `state`: whether that college's own ranking would fund it."""

    line: Line
    amount: int
    faults: list[str]
    civil: bool = False
    state: bool = False

    @property
    def application(self) -> Application:
        return self.line.application

    @property
    def most(self) -> int:
        return portfolio.most_amount(self.application)

    @property
    def least(self) -> int:
        return portfolio.least_amount(self.application)

    @property
    def funded(self) -> bool:
        return self.amount > 0

    @property
    def still_reviewed(self) -> bool:
        return self.application.state == "under_review"


@dataclass(frozen=True)
class Group:
    """One line of a break-down, with its words. `share`: of the money given, in whole per cents."""

    key: str
    label: str
    files: int
    amount: int
    share: int


@dataclass
class Portfolio:
    """What a simulation funds, over its own files."""

    simulation: Simulation
    rows: list[Row]
    themes: dict[str, str] = field(default_factory=dict)

    @property
    def funded(self) -> list[Row]:
        return [row for row in self.rows if row.funded]

    @cached_property
    def total(self) -> int:
        return sum(row.amount for row in self.rows)

    @property
    def left(self) -> int:
        return self.simulation.free_amount - self.total

    @property
    def over(self) -> int:
        """Cents above what the envelope has free."""
        return max(0, -self.left)

    @property
    def bar(self) -> dict[str, int]:
        return {"reserved": min(self.total, self.simulation.free_amount), "free": max(0, self.left)}

    @property
    def warnings(self) -> int:
        """Lines with something no vote could give."""
        return sum(bool(row.faults) for row in self.rows)

    @property
    def just_out(self) -> list[Row]:
        """The best ranked files that it leaves out."""
        able = {line.application.pk for line in order_of(row.line for row in self.rows)}
        waiting = [row for row in self.rows if row.application.pk in able and not row.funded and row.still_reviewed]
        return waiting[:OUT]

    @property
    def agreement(self) -> portfolio.Agreement:
        civil = {row.application.pk: 1 for row in self.rows if row.civil}
        state = {row.application.pk: 1 for row in self.rows if row.state}
        return portfolio.agreement([row.application.pk for row in self.funded], civil, state)

    def _groups(self, keys, label) -> list[Group]:
        found = portfolio.shares((keys(row.application), row.amount) for row in self.funded)
        return [
            Group(one.key, label(one.key), one.files, one.amount, round(100 * one.amount / self.total)) for one in found
        ]

    @cached_property
    def by_theme(self) -> list[Group]:
        return self._groups(lambda row: row.themes or [], lambda key: self.themes.get(key, key))

    @cached_property
    def by_region(self) -> list[Group]:
        names = communes.regions()
        return self._groups(lambda row: [row.region], lambda key: names.get(key, key))

    @cached_property
    def by_department(self) -> list[Group]:
        return self._groups(lambda row: [row.department], lambda key: communes.department_name(key) or key)

    @cached_property
    def by_bearer(self) -> list[Group]:
        """Who would receive the money, by kind. Nothing in a blind call, which shows no applicant."""
        if self.simulation.panel.call.blind:
            return []
        names = {kind: str(label) for kind, label in bearer_kinds()}
        return self._groups(lambda row: [bearer_kind(row)], lambda key: names[key])


PERSON = "person"


def bearer_kinds() -> list[tuple[str, str]]:
    return [(PERSON, _("a person")), *((str(kind), str(kind.label)) for kind in OrganisationKind)]


def bearer_kind(application: Application) -> str:
    """The kind of who would receive the money: the bearer, else the applicant's own body, else a person."""
    if application.bearer_person_id:
        return PERSON
    body = application.bearer_organisation or application.organisation
    return body.kind if body is not None else PERSON


def theme_names() -> dict[str, str]:
    return dict(Theme.objects.values_list("code", "label"))


def _places(found: Ranking, base: set[int]) -> list[Line]:
    """The lines of a ranking over some of its files: ranked again among them alone."""
    by_key = {line.application.pk: line for line in found.lines if line.application.pk in base}
    places = scoring.rank({pk: line.score for pk, line in sorted(by_key.items())}, found.weights) if by_key else []
    lines = []
    for place in places:
        line = by_key[place.key]
        lines.append(
            Line(
                line.application,
                place,
                line.score,
                line.paritary,
                line.fallback,
                line.flags,
                0,
                line.below_minimum,
                line.proposed,
            )
        )
    return lines


def _read(wanted: list[Simulation], panel: Panel) -> tuple[dict[int, dict[int, int]], Ranking, dict[str, str]]:
    """Amounts by simulation and file; the ranking of all their files together; the names of themes. The same queries for one or several."""
    amounts: dict[int, dict[int, int]] = {one.pk: {} for one in wanted}
    rows = SimulationLine.objects.filter(simulation__in=wanted)
    for simulation_id, application_id, amount in rows.values_list("simulation_id", "application_id", "amount"):
        amounts[simulation_id][application_id] = amount
    files = Application.objects.filter(pk__in={pk for given in amounts.values() for pk in given})
    found = ranked(panel, files.select_related("bearer_organisation"))
    for line in found.lines:
        line.application.call = panel.call
    return amounts, found, theme_names()


def portfolio_of(simulation: Simulation, panel: Panel) -> Portfolio:
    """What one simulation funds."""
    amounts, found, themes = _read([simulation], panel)
    return _portfolio(simulation, amounts[simulation.pk], found, themes, panel)


def _portfolio(simulation, given: dict[int, int], found: Ranking, themes, panel: Panel) -> Portfolio:
    simulation.panel = panel
    lines, rows = _places(found, set(given)), []
    civil = filled(lines, simulation.free_amount, College.CIVIL_SOCIETY)
    state = filled(lines, simulation.free_amount, College.STATE)
    for line in lines:
        application, amount = line.application, given[line.application.pk]
        faults = portfolio.faults(
            amount,
            requested=application.requested_amount,
            ceiling=panel.call.ceiling_amount,
            least=portfolio.least_amount(application),
        )
        rows.append(Row(line, amount, faults, application.pk in civil, application.pk in state))
    return Portfolio(simulation, rows, themes)


# ---- side by side ----


@dataclass
class Compared:
    """One file across simulations: its amounts, in their order; None where the simulation was not made over it."""

    application: Application
    rank: int | None
    amounts: list[int | None]
    faulty: list[bool] = field(default_factory=list)
    """Beside each amount, whether no vote could give it."""

    @property
    def cells(self) -> list[tuple[int | None, bool]]:
        return list(zip(self.amounts, self.faulty, strict=True))

    @property
    def differs(self) -> bool:
        return len(set(self.amounts)) > 1


@dataclass(frozen=True)
class ComparedGroup:
    label: str
    amounts: list[int]
    files: list[int]

    @property
    def cells(self) -> list[tuple[int, int]]:
        return list(zip(self.files, self.amounts, strict=True))


@dataclass
class Comparison:
    """Two to four simulations side by side; `rows`: every file that one of them was made over, best ranked first."""

    portfolios: list[Portfolio]
    rows: list[Compared]

    @property
    def different(self) -> int:
        return sum(row.differs for row in self.rows)

    def _across(self, name: str) -> list[ComparedGroup]:
        sides = [{group.key: group for group in getattr(one, name)} for one in self.portfolios]
        labels = {key: group.label for side in sides for key, group in side.items()}
        return [
            ComparedGroup(
                labels[key],
                [side[key].amount if key in side else 0 for side in sides],
                [side[key].files if key in side else 0 for side in sides],
            )
            for key in sorted(labels, key=lambda key: labels[key])
        ]

    @cached_property
    def by_theme(self) -> list[ComparedGroup]:
        return self._across("by_theme")

    @cached_property
    def by_region(self) -> list[ComparedGroup]:
        return self._across("by_region")

    @cached_property
    def by_department(self) -> list[ComparedGroup]:
        return self._across("by_department")

    @cached_property
    def by_bearer(self) -> list[ComparedGroup]:
        return self._across("by_bearer")


def comparison(simulations: Iterable[Simulation], panel: Panel) -> Comparison:
    """Simulations side by side, in the order given. Ranks are those among all their files."""
    wanted = list(simulations)
    amounts, found, themes = _read(wanted, panel)
    portfolios = [_portfolio(one, amounts[one.pk], found, themes, panel) for one in wanted]
    faulty = [{row.application.pk for row in one.rows if row.faults} for one in portfolios]
    return Comparison(
        portfolios,
        [
            Compared(
                line.application,
                line.rank,
                [amounts[one.pk].get(line.application.pk) for one in wanted],
                [line.application.pk in one for one in faulty],
            )
            for line in found.lines
        ],
    )
