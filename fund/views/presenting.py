"""What a two-key act would do, line by line, as the second person reads it. Higher rooms describe their own acts with `register` and `effect`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import get_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from core.templatetags.ui import day, euros, instant
from core.transitions import VERBS
from fund import rule_parameters
from fund.forms.call_rows import TITLES
from fund.models import Call, Envelope, FundIdentity, RuleVersion, Theme
from fund.rules.identity import unseal


@dataclass(frozen=True)
class Line:
    """`before` is None when there is nothing to compare with."""

    label: str
    after: str
    before: str | None = None


_presenters: dict[tuple[str, str], Callable[[Any, Any], list[Line]]] = {}


def register(machine: str, verb: str):
    """`@register("machine", "verb")` on `function(act, obj) -> list[Line]`."""

    def keep(function):
        _presenters[machine, verb] = function
        return function

    return keep


def lines_of(act, obj) -> list[Line]:
    """The lines of an act; its effects and its parameters as they are when nobody described it better."""
    return _presenters.get((act.target_machine, act.verb), _as_effects)(act, obj)


_effects: dict[tuple[str, str], Callable[[Any, Any], list[str]]] = {}


def effect(machine: str, verb: str):
    """`@effect("machine", "verb")` on `function(obj, at) -> sentences`: what the act would change, said to both keys."""

    def keep(function):
        _effects[machine, verb] = function
        return function

    return keep


def effects_of(verb, obj, at) -> list[str]:
    """Sentences on what `verb` would do to this row at this instant; none when nobody said any."""
    known = _effects.get((verb.machine, verb.name))
    return known(obj, at) if known else []


_abouts: dict[str, Callable[[Any], list[Line]]] = {}


def about(*machines: str):
    """`@about("machine", …)` on `function(obj) -> list[Line]`: what any act on such a row is about, in words one recognises."""

    def keep(function):
        _abouts.update(dict.fromkeys(machines, function))
        return function

    return keep


def _as_effects(act, obj) -> list[Line]:
    """Once the act is closed, or the row went on without it, the row no longer tells what would change."""
    verb, now = VERBS[act.target_machine][act.verb], timezone.now()
    open_still = act.state == "proposed" and now < act.expires_at and obj.state in verb.sources
    said = effects_of(verb, obj, now) if open_still else []
    known = _abouts.get(act.target_machine)
    return [
        *(known(obj) if known else []),
        *([Line(_("What changes"), "\n".join(said))] if said else []),
        *as_given(act, obj),
    ]


def as_given(act, obj) -> list[Line]:
    """Its parameters, each under the name of its field."""
    names = {field.name: field.verbose_name for field in type(obj)._meta.get_fields() if hasattr(field, "verbose_name")}
    words = {"amount": _("amount"), "reason": _("reason"), "until": _("until"), "ends_at": _("ends at")}
    return [
        Line(str(capfirst(names.get(name) or words.get(name) or name.replace("_", " "))), text(name, value))
        for name, value in act.params.items()
    ]


def text(name: str, value: Any) -> str:
    """A value as a person reads it, from the name of its field."""
    if value is None or value == "" or value == []:
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int) and (name == "amount" or name.endswith("_amount")):
        return euros(value)
    if name.endswith("_on"):
        return day(value)
    if isinstance(value, str) and (name.endswith("_at") or name == "until") and parse_datetime(value):
        return instant(value)
    if isinstance(value, list):
        items = _rows(name, value) if name in Call.CHILDREN else [str(row) for row in value]
        return ("\n\n" if any("\n" in item for item in items) else "\n").join(items)
    return str(value)


def _rows(name: str, rows: list[dict]) -> list[str]:
    """The rows of a call, field by field: what the second key does not see, it does not approve."""
    model = Call._meta.get_field(name).related_model
    fields = [model._meta.get_field(field) for field in model.FIELDS]  # type: ignore[union-attr]
    return ["\n".join(_field_line(field, row[field.name]) for field in fields) for row in rows]


def _field_line(field, value) -> str:
    if field.name == "anchors":
        shown = "".join(f"\n{anchor['score']} – {anchor['label']}" for anchor in value) or text(field.name, value)
    else:
        shown = text(field.name, dict(field.flatchoices).get(value, value))
    return _("%(field)s: %(value)s") % {"field": capfirst(field.verbose_name), "value": shown}


@register("call", "amend")
def _amend(act, call: Call) -> list[Line]:
    former = call.content()
    open_still = act.state == "proposed"
    lines = [
        Line(_call_label(name), text(name, value), text(name, former[name]) if open_still else None)
        for name, value in act.params.get("changes", {}).items()
    ]
    return [*lines, Line(_("What changes, and why"), act.params.get("reason", ""))]


def _call_label(name: str) -> str:
    return str(TITLES.get(name) or capfirst(Call._meta.get_field(name).verbose_name))  # type: ignore[union-attr]


@register("call", "publish")
def _publish(act, call: Call) -> list[Line]:
    """The whole content; the page also links to the preview."""
    content = call.content()
    names = {
        "envelope": str(Envelope.objects.filter(pk=content["envelope"]).first() or "–"),
        "rule_version": str(RuleVersion.objects.filter(pk=content["rule_version"]).first() or "–"),
        "themes": ", ".join(Theme.objects.filter(code__in=content["themes"]).values_list("label", flat=True)) or "–",
    }
    return [Line(_call_label(name), names.get(name) or text(name, value)) for name, value in content.items()]


def _money(sign: int):
    """Lines of an act on an envelope: the amount, what is opened before and after, the reason."""

    def lines(act, envelope) -> list[Line]:
        amount, opened = act.params.get("amount", 0), envelope.opened_amount
        found = [Line(_("Envelope"), str(envelope)), Line(_("Amount"), euros(amount))]
        if act.state == "proposed":
            found.append(Line(_("Opened"), euros(opened + sign * amount), euros(opened)))
        if "to" in act.params:
            found.append(Line(_("To the envelope"), str(Envelope.objects.filter(reference=act.params["to"]).first())))
        if "reason" in act.params:
            found.append(Line(_("Reason"), act.params["reason"]))
        return found

    return lines


for _verb, _sign in (("open", 1), ("raise_", 1), ("lower", -1), ("carry", -1), ("settle", -1)):
    register("envelope", _verb)(_money(_sign))


@register("role_grant", "grant")
def _grant(act, grant) -> list[Line]:
    return [
        Line(_("Person"), f"{grant.user} ({grant.user.email})"),
        Line(_("Role"), grant.role_label),
        *([Line(_("Office or capacity"), grant.title)] if grant.title else []),
        Line(_("Start of the role"), instant(grant.starts_at)),
        Line(_("End of the role"), instant(grant.ends_at) if grant.ends_at else _("no end")),
    ]


@register("delegation", "give")
def _delegation(act, row) -> list[Line]:
    return [
        Line(_("Who delegates"), str(row.delegator)),
        Line(_("To whom"), f"{row.delegate} ({row.delegate.email})"),
        Line(_("Which acts"), ", ".join(str(one.label) for one in row.acts)),
        Line(_("Up to which amount, each act"), euros(row.ceiling_amount)),
        Line(_("First day"), day(row.starts_on)),
        Line(_("Last day, included"), day(row.ends_on)),
        Line(_("Deed of delegation"), row.deed),
    ]


@register("role_grant", "extend")
def _extend(act, grant) -> list[Line]:
    ends_at = act.params.get("ends_at")
    return [
        Line(_("Person"), f"{grant.user} ({grant.user.email})"),
        Line(_("Role"), grant.role_label),
        Line(
            _("End of the role"),
            instant(ends_at) if ends_at else _("no end"),
            (instant(grant.ends_at) if grant.ends_at else _("no end")) if act.state == "proposed" else None,
        ),
    ]


@register("role_grant", "end")
def _end(act, grant) -> list[Line]:
    return [
        Line(_("Person"), f"{grant.user} ({grant.user.email})"),
        Line(_("Role"), grant.role_label),
        Line(_("Reason"), act.params.get("reason", "")),
    ]


def compared(version: RuleVersion, former: RuleVersion | None) -> list[Line]:
    """The parameters in which a version differs from another (from the defaults when there is none)."""
    lines = []
    for parameter in rule_parameters.PARAMETERS:
        before = former[parameter.code] if former else parameter.default
        if version[parameter.code] != before:
            lines.append(
                Line(
                    str(parameter.label),
                    parameter_text(parameter, version[parameter.code]),
                    parameter_text(parameter, before),
                )
            )
    return lines


def parameter_text(parameter, value) -> str:
    if parameter.kind == rule_parameters.CHOICE:
        return str(dict(parameter.choices).get(value, value))
    if parameter.kind == rule_parameters.AMOUNT_OR_NONE and value is None:
        return _("none")
    if parameter.kind in (rule_parameters.AMOUNT, rule_parameters.AMOUNT_OR_NONE):
        return euros(value)
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "–"
    if parameter.kind == rule_parameters.FRACTION and isinstance(value, str) and "." in value:
        return value.replace(".", get_format("DECIMAL_SEPARATOR"))
    return text(parameter.code, value)


def groups_of(version: RuleVersion) -> list[tuple]:
    """Every parameter by group, as a person reads it."""
    return [
        (
            title,
            [
                (
                    parameter,
                    Line(
                        str(parameter.label),
                        parameter_text(parameter, version[parameter.code]),
                        parameter_text(parameter, parameter.default),
                    ),
                )
                for parameter in rule_parameters.PARAMETERS
                if parameter.group == group
            ],
        )
        for group, title in rule_parameters.GROUPS.items()
    ]


def former_of(version: RuleVersion) -> RuleVersion | None:
    """What a version replaces: the rules in force for a draft, the number before for another."""
    if version.state == "draft":
        return RuleVersion.objects.filter(state="in_force").first()
    return RuleVersion.objects.filter(in_force_at__lt=version.in_force_at).order_by("-in_force_at").first()


@register("rule_version", "put_in_force")
def _rules(act, version: RuleVersion) -> list[Line]:
    return [Line(_("What changes, and why"), version.note), *compared(version, former_of(version))]


@register("fund_identity", "change")
def _identity(act, identity: FundIdentity) -> list[Line]:
    open_still = act.state == "proposed"
    return [
        Line(
            str(capfirst(FundIdentity._meta.get_field(name).verbose_name)),  # type: ignore[union-attr]
            text(name, value),
            text(name, _plain(getattr(identity, name))) if open_still else None,
        )
        for name, value in unseal(act.params.get("changes", {})).items()
    ]


def _plain(value):
    return value.isoformat() if hasattr(value, "isoformat") else value
