"""Rule versions: written by a co-president or an administrator, put in force by both colleges, kept by the calls published under them."""

from __future__ import annotations

from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from core.transitions import TwoKey, verb
from fund import rule_parameters
from fund.models import RuleVersion
from fund.people import co_president
from fund.rules import versions as rules


def _complete(parameters: dict) -> dict:
    """Every parameter with its typed value: those given, the defaults for the others."""
    values, _errors = rule_parameters.read_all(parameters)
    return rule_parameters.DEFAULTS | values


def _base(version: RuleVersion | None) -> dict:
    """What a version says; before the quorum of each college had its own share, one share said both."""
    known = dict(version.parameters) if version else {}
    if "quorum" in known:
        known.setdefault("quorum_college", known["quorum"])
    return known


@verb(
    machine=RuleVersion,
    label=_("prepare new rules"),
    who=rules.writers,
    creates="draft",
    on="parameters",
    guards=(rules.parameters_are_known, rules.one_draft_at_a_time),
)
def create(act, parameters, *, note=""):
    """A draft. What is not given keeps the value of the rules in force (the defaults when there are none)."""
    current = RuleVersion.objects.select_for_update().filter(state="in_force").first()
    number = (RuleVersion.objects.aggregate(last=Max("number"))["last"] or 0) + 1
    return RuleVersion.objects.create(
        number=number,
        parameters=_complete(_base(current) | parameters),
        note=note.strip()[:5000],
        created_by=act.actor,
    )


@verb(machine=RuleVersion, label=_("change the draft"), who=rules.writers, guards=(rules.parameters_are_known,))
def edit(act, version, *, parameters, note=None):
    """Change what is given; a co-president's agreement to the former text is undone."""
    changed = _complete(_base(version) | parameters)
    act.note(fields=sorted(code for code, value in changed.items() if version[code] != value))
    version.edit(changed, version.note if note is None else note.strip()[:5000])


@verb(
    machine=RuleVersion,
    label=_("agree to the draft"),
    who=(co_president,),
    guards=(rules.something_is_said, rules.legal_basis_given, rules.not_endorsed_yet),
)
def endorse(act, version):
    """A co-president stands behind this text. Needed from one college when an administrator proposes it."""
    version.endorse(act.actor, act.at)


@verb(machine=RuleVersion, label=_("replace the rules in force"), who=(co_president,), inner=True)
def supersede(act, version):
    """Newer rules take their place; calls published under these keep them."""
    version.supersede(act.at)


@verb(
    machine=RuleVersion,
    label=_("put in force"),
    who=rules.writers,
    guards=(rules.something_is_said, rules.legal_basis_given, rules.both_colleges_agree),
    two_key=TwoKey(
        proposes=rules.writers,
        approves=(rules.last_college,),
        title=lambda version: _("Put the rules, version %(number)s, in force") % {"number": version.number},
    ),
)
def put_in_force(act, version):
    """Calls published from now on follow this version."""
    current = RuleVersion.objects.filter(state="in_force").first()
    if current is not None:
        supersede(rule_version=current, actor=act.actor, at=act.at)
    act.note(number=version.number, replaces=current.number if current else None)
    version.put_in_force(act.at)
