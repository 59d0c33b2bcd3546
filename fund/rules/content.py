"""The content of a call as plain data: read, typed and bounded here, whoever sends it (form, API, copy, demo)."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.text import slugify
from django.utils.translation import gettext as _

from core.transitions import Act, Refusal
from fund.enums import Trigger
from fund.models import Call, Envelope, RuleVersion, Theme
from fund.rules.common import read_day, read_instant

TEXTS = {"title": 120, "summary": 400, "description": 20_000}
AMOUNTS = {"ceiling_amount": (1, 100_000_000), "floor_amount": (0, 100_000_000)}
MOST = 20
"""Most rows of one kind a call may have."""
SCORES = range(6)
KNOWN = {*Call.PLAIN, *Call.INSTANTS, *Call.DAYS, *Call.CHILDREN, "envelope", "rule_version", "themes", "new_themes"}
RESERVED = ("nouveau",)
"""Ends of addresses that lead elsewhere at the desk."""


def _no(field: str, reason) -> Refusal:
    return Refusal("content_invalid", reason, field=field)


def _text(value, field: str, most: int, *, required=False) -> str:
    if value is None:
        value = ""
    if not isinstance(value, str):
        raise _no(field, _("Write a text here."))
    text = value.strip()
    if len(text) > most:
        raise _no(
            field, _("Write %(most)s characters at most; there are %(count)s.") % {"most": most, "count": len(text)}
        )
    if required and not text:
        raise _no(field, _("Fill this in."))
    return text


def _number(value, field: str, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise _no(field, _("Enter a number between %(minimum)s and %(maximum)s.") % {"minimum": least, "maximum": most})
    return value


def _code(row: dict, label: str, taken: set[str], field: str) -> str:
    """The code given, or one made from the label; each once."""
    given = str(row.get("code") or "").strip()
    code = given or slugify(label)[:36] or "ligne"
    if given and (
        slugify(given, allow_unicode=False).replace("-", "").replace("_", "") != given.replace("-", "").replace("_", "")
        or len(given) > 40
    ):
        raise _no(field, _("A code is made of lower-case letters, digits and hyphens."))
    if given and given in taken:
        raise _no(field, _("This code is used twice."))
    stem, number = code, 2
    while code in taken:
        code, number = f"{stem}-{number}", number + 1
    taken.add(code)
    return code


def _anchors(value, field: str) -> list[dict]:
    if value in (None, ""):
        return []
    if not isinstance(value, list) or any(not isinstance(row, dict) for row in value):
        raise _no(field, _("Give the anchors as a list of scores with their label."))
    found = {}
    for row in value:
        score = _number(row.get("score"), field, 0, 5)
        if label := _text(row.get("label"), field, 300):
            found[score] = label
    return [{"score": score, "label": found[score]} for score in SCORES if score in found]


def _criterion(row, at: str, taken) -> dict:
    label = _text(row.get("label"), f"{at}-label", 80, required=True)
    return {
        "code": _code(row, label, taken, f"{at}-label"),
        "label": label,
        "question": _text(row.get("question"), f"{at}-question", 300, required=True),
        "weight": _number(row.get("weight"), f"{at}-weight", 1, 100),
        "anchors": _anchors(row.get("anchors"), f"{at}-anchors"),
    }


def _instalment_line(row, at: str, taken) -> dict:
    label = _text(row.get("label"), f"{at}-label", 120, required=True)
    if row.get("trigger") not in Trigger.values:
        raise _no(f"{at}-trigger", _("Choose what triggers this payment."))
    return {
        "code": _code(row, label, taken, f"{at}-label"),
        "label": label,
        "percent": _number(row.get("percent"), f"{at}-percent", 1, 100),
        "trigger": row["trigger"],
    }


def _eligibility_question(row, at: str, taken) -> dict:
    question = _text(row.get("question"), f"{at}-question", 300, required=True)
    expected = row.get("expected", True)
    if not isinstance(expected, bool):
        raise _no(f"{at}-expected", _("Answer yes or no."))
    return {
        "code": _code(row, " ".join(question.split()[:4]), taken, f"{at}-question"),
        "question": question,
        "expected": expected,
        "refusal": _text(row.get("refusal"), f"{at}-refusal", 300, required=True),
        "article": _text(row.get("article"), f"{at}-article", 80),
    }


def _faq(row, at: str, taken) -> dict:
    return {
        "question": _text(row.get("question"), f"{at}-question", 200, required=True),
        "answer": _text(row.get("answer"), f"{at}-answer", 5_000, required=True),
    }


_ROWS = {
    "criteria": _criterion,
    "instalment_lines": _instalment_line,
    "eligibility_questions": _eligibility_question,
    "faq": _faq,
}


def _children(name: str, rows) -> list[dict]:
    if not isinstance(rows, list) or any(not isinstance(row, dict) for row in rows):
        raise _no(name, _("Give a list of rows."))
    if len(rows) > MOST:
        raise _no(name, _("Give %(most)s rows at most.") % {"most": MOST})
    taken: set[str] = set()
    return [_ROWS[name](row, f"{name}-{number}", taken) for number, row in enumerate(rows)]


def _row_of(model, value, field: str, reason):
    if value in (None, ""):
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not (row := model.objects.filter(pk=value).first()):
        raise _no(field, reason)
    return row


def _slug(value) -> str:
    slug = _text(value, "slug", 80, required=True)
    if slugify(slug) != slug or slug in RESERVED:
        raise _no("slug", _("An address is made of lower-case letters without accents, digits and hyphens."))
    return slug


def _email(value) -> str:
    address = _text(value, "contact_email", 254)
    if address:
        try:
            EmailValidator()(address)
        except ValidationError as error:
            raise _no("contact_email", _("This is not an e-mail address.")) from error
    return address


def _themes(value) -> list[Theme]:
    codes = value if isinstance(value, list) else None
    found = {
        theme.code: theme
        for theme in Theme.objects.filter(code__in=[code for code in codes or [] if isinstance(code, str)])
    }
    if codes is None or len(found) != len(set(map(str, codes))):
        raise _no("themes", _("Choose themes of the list."))
    return [found[code] for code in sorted(found)]


def _new_themes(value) -> list[str]:
    if not isinstance(value, list) or len(value) > MOST:
        raise _no("new_themes", _("Give %(most)s rows at most.") % {"most": MOST})
    labels = [label for row in value if (label := _text(row, "new_themes", 80))]
    if any(not 0 < len(slugify(label)) <= 40 for label in labels):
        raise _no("new_themes", _("Name a theme in a few words."))
    return labels


def read(content: Any) -> dict[str, Any]:
    """The typed values of the keys given, the others left out. Raises Refusal `content_invalid` on the first field that cannot be kept."""
    if not isinstance(content, dict):
        raise _no("", _("The content of a call is a set of named values."))
    if unknown := sorted(set(content) - KNOWN):
        raise _no(unknown[0], _("A call has no field of this name: %(name)s.") % {"name": unknown[0]})
    values: dict[str, Any] = {}
    for name, value in content.items():
        if name in TEXTS:
            values[name] = _text(value, name, TEXTS[name], required=name == "title")
        elif name in AMOUNTS:
            values[name] = _number(value, name, *AMOUNTS[name])
        elif name in Call.INSTANTS:
            values[name] = read_instant(value, name)
        elif name in Call.DAYS:
            values[name] = read_day(value, name)
        elif name in Call.CHILDREN:
            values[name] = _children(name, value)
        elif name == "max_duration_months":
            values[name] = _number(value, name, 1, 60)
        elif name == "blind":
            if not isinstance(value, bool):
                raise _no(name, _("Answer yes or no."))
            values[name] = value
        elif name == "envelope":
            values[name] = _row_of(Envelope, value, name, _("Choose an envelope of the list."))
        elif name == "rule_version":
            values[name] = _row_of(RuleVersion, value, name, _("Choose a version of the rules."))
        elif name == "slug":
            values[name] = _slug(value)
        elif name == "contact_email":
            values[name] = _email(value)
        elif name == "themes":
            values[name] = _themes(value)
        elif name == "new_themes":
            values[name] = _new_themes(value)
    return values


def together(values: dict, call: Call | None = None) -> None:
    """What the database holds between two fields. Raises Refusal on the field to correct."""

    def value(name):
        return values[name] if name in values else getattr(call or Call(), name)

    if value("floor_amount") > value("ceiling_amount"):
        raise _no("floor_amount", _("The floor cannot be above the ceiling."))
    opens, closes, partners = value("opens_at"), value("closes_at"), value("partner_deadline_at")
    if opens and closes and opens >= closes:
        raise Refusal("dates_out_of_order", _("Opening must come before closing."), field="closes_at", article="art. 6")
    if closes and partners and partners < closes:
        raise Refusal(
            "dates_out_of_order",
            _("Closing must come before the partner time limit, or at the same instant."),
            field="partner_deadline_at",
            article="art. 6",
        )


def slug_is_free(slug: str, call: Call | None = None) -> None:
    """An address is never used twice, not even one of a discarded draft."""
    if Call.objects.filter(slug=slug).exclude(pk=call.pk if call else None).exists():
        raise Refusal(
            "slug_taken",
            _("This address has already been used by another call."),
            remedy=_("Choose another: an address is never used twice."),
            field="slug",
            status=409,
        )


def content_is_sound(act: Act) -> None:
    """What is written has the right type, fits, and stands together."""
    if act.preview:
        return
    call = act.obj if isinstance(act.obj, Call) else None
    content = act.get("content", {}) if call else act.obj
    values = read(content)
    if call is None:
        for name in ("title", "slug"):
            if name not in values:
                raise _no(name, _("Fill this in."))
    if "slug" in values:
        slug_is_free(values["slug"], call)
    together(values, call)
