"""Tags and filters every template has (a builtin library): money and dates as people read them, and the pieces of the design system.

Each piece is drawn once, in `templates/components/`; the living catalogue is the page `/style/`.
"""

from __future__ import annotations

from base64 import b64encode
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Any

from django import forms, template
from django.conf import settings
from django.contrib.staticfiles import finders
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.html import escape, format_html
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import normalize_newlines
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from core import links, money
from core.forms import EurosField
from core.idempotency import FIELD as NONCE_FIELD
from core.idempotency import new_nonce
from core.logs import current_request_id
from core.money import WIDE, format_euros
from core.ui_bars import segments_of

register = template.Library()


# ---- figures and dates ----


def _is_english() -> bool:
    return (get_language() or settings.LANGUAGE_CODE).startswith("en")


@register.filter
def euros(cents) -> str:
    """Cents as euros, always to the cent: `28 500,50 €`. Nothing for nothing."""
    return "" if cents in (None, "") else format_euros(cents)


@register.filter
def euros_round(cents) -> str:
    """Cents as euros, without `,00` when the amount is round. Never rounded."""
    return "" if cents in (None, "") else format_euros(cents, cents_if_round=False)


@register.filter
def percent(value) -> str:
    """A percentage as a person writes it: 40 gives `40 %`, 32.43 gives `32,4 %`."""
    try:
        number = Decimal(str(value)).quantize(Decimal("0.1"))
    except (InvalidOperation, ValueError):
        return ""
    text = f"{number.normalize():f}"
    return f"{text}%" if _is_english() else text.replace(".", ",").replace("-", "−") + f"{WIDE}%"


def _as_date(value) -> date | None:
    """Day in Paris of a date, an instant, or their ISO text."""
    if isinstance(value, str):
        value = parse_datetime(value) or parse_date(value)
    if isinstance(value, datetime):
        value = (timezone.localtime(value) if timezone.is_aware(value) else value).date()
    return value if isinstance(value, date) else None


@register.filter
def day(value) -> str:
    """`1er juin 2026`, `1 June 2026`."""
    found = _as_date(value)
    if found is None:
        return ""
    if _is_english():
        return date_format(found, f"j{WIDE}F Y")
    return (f"1er{WIDE}" if found.day == 1 else f"{found.day}{WIDE}") + date_format(found, "F Y")


@register.filter
def instant(value) -> str:
    """Day and time in Paris: `1er juin 2026 à 18 h 05`, `1 June 2026 at 18:05`."""
    if isinstance(value, str):
        value = parse_datetime(value)
    if not isinstance(value, datetime):
        return day(value)
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    return (
        f"{day(local)} at{WIDE}{local:%H:%M}"
        if _is_english()
        else f"{day(local)} à{WIDE}{local.hour}{WIDE}h{WIDE}{local:%M}"
    )


@register.filter(needs_autoescape=True)
def plain(text, autoescape=True) -> SafeString:
    """A text as it was typed: blank lines make paragraphs, single ones line breaks. Nothing in it is markup."""
    blocks = [block.strip() for block in normalize_newlines(str(text or "")).split("\n\n") if block.strip()]
    return mark_safe("\n".join(f"<p>{escape(block).replace(chr(10), '<br>')}</p>" for block in blocks))  # noqa: S308  escaped just before


@register.simple_tag
def plural(number, one, many) -> str:
    """The word that goes with a number: French has one below two, English at one alone. `{{ n }} {% plural n "dossier" "dossiers" %}`."""
    count = len(number) if hasattr(number, "__len__") else abs(number or 0)
    return one if (count == 1 if _is_english() else count < 2) else many


# ---- addresses ----


@register.simple_tag
def localized(path) -> str:
    """The address in the language of the page."""
    return links.localized(str(path))


@register.simple_tag(takes_context=True)
def current(context, path, exact=False) -> SafeString:
    """` aria-current="page"` when the page is at this address (or under it)."""
    request = context.get("request")
    here, there = getattr(request, "path", ""), links.localized(str(path))
    if here == there:
        return mark_safe(' aria-current="page"')
    return (
        mark_safe(' aria-current="true"')
        if not exact and there not in ("/", "/en/") and here.startswith(there)
        else mark_safe("")
    )


@register.inclusion_tag("components/breadcrumb.html")
def breadcrumb(*parts):
    """`{% breadcrumb "/projets/" _("Registry") reference %}`: address and name by pairs, then the name of the page itself."""
    parts_list = [str(part) for part in parts]
    here = parts_list.pop() if len(parts_list) % 2 else ""
    above = [(links.localized(parts_list[i]), parts_list[i + 1]) for i in range(0, len(parts_list), 2)]
    return {"links": above, "here": here}


@register.inclusion_tag("components/pages.html", takes_context=True)
def pages(context, page, name="page"):
    """Links between the pages of a django `Page`, keeping the rest of the query."""
    request = context.get("request")
    query = request.GET.copy() if request else None
    if query is not None:
        query.pop(name, None)
    prefix = f"?{query.urlencode()}&" if query else "?"
    shown = (
        []
        if page.paginator.num_pages < 2
        else list(page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1))
    )
    return {"page": page, "base": f"{prefix}{name}=", "shown": shown, "gap": page.paginator.ELLIPSIS}


# ---- small pieces ----

_TONES = {"", "run", "next", "good", "bad", "done"}


@register.simple_tag
def badge(label, tone="") -> SafeString:
    """A state: a word and a sign. Tones: none ○, run ◐, next ▸, good ✓, bad ✕, done ●."""
    if tone not in _TONES:
        raise template.TemplateSyntaxError(f"a badge has no tone {tone}")
    return format_html('<span class="badge{}">{}</span>', f" {tone}" if tone else "", label)


@register.simple_tag
def college_mark(college, label=None) -> SafeString:
    """The two colleges, equal: square and hatched for civil society, round and dotted for the State, always with the name."""
    value = str(getattr(college, "value", college))
    if value in ("civil_society", "civil"):
        kind, sign, name = "civil", "■", pgettext("college", "Civil society")
    elif value == "state":
        kind, sign, name = "state", "●", pgettext("college", "State")
    else:
        return format_html("{}", value)
    html = '<span class="mark {}"><span class="key {} texture" aria-hidden="true"></span><span aria-hidden="true">{}</span> {}</span>'
    return format_html(html, kind, kind, sign, label if label is not None else name)


ICONS = {
    "arrow": "M4 12h15M13 6l6 6-6 6",
    "back": "M20 12H5M11 6l-6 6 6 6",
    "check": "M4 13l5 5L20 6",
    "clock": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 7v5l4 2",
    "cross": "M5 5l14 14M19 5L5 19",
    "download": "M12 3v12M7 10l5 5 5-5M4 20h16",
    "external": "M9 5H5v14h14v-4M13 4h7v7M20 4l-9 9",
    "file": "M6 3h8l4 4v14H6zM14 3v5h4",
    "key": "M8 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 12h9M18 12v4",
    "lock": "M6 11h12v9H6zM9 11V7a3 3 0 0 1 6 0v4",
    "mail": "M3 6h18v12H3zM3 7l9 7 9-7",
    "pen": "M4 20l1-5L16 4l4 4L9 19zM14 6l4 4",
    "people": "M9 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M3 20c0-5 3-6 6-6s6 1 6 6M16 6a3 3 0 0 1 0 5M17 14c3 0 4 2 4 6",
    "plus": "M12 4v16M4 12h16",
    "search": "M10 4a6 6 0 1 0 0 12 6 6 0 0 0 0-12M15 15l6 6",
    "warning": "M12 3l10 18H2zM12 10v5M12 17.5v1",
}


@register.simple_tag
def icon(name) -> SafeString:
    """A drawn sign, never alone: the word beside it says what it means."""
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="{}"/></svg>', ICONS[name]
    )


@register.simple_tag
def incident() -> str:
    """Number of the request, to quote when something broke."""
    return current_request_id()


@register.simple_tag(takes_context=True)
def once(context) -> SafeString:
    """Hidden nonce: the same form sent twice acts once. Public pages have no such form, and their bytes no such number."""
    if context.get("is_public_page"):
        return mark_safe("")
    return format_html(
        '<input type="hidden" name="{}" value="{}">',
        NONCE_FIELD,
        new_nonce(getattr(context.get("request"), "user", None)),
    )


@lru_cache(maxsize=8)
def _font(name: str) -> str:
    found = finders.find(f"fonts/{name}.woff2")
    if not found:
        raise template.TemplateSyntaxError(f"no font {name}")
    return f"data:font/woff2;base64,{b64encode(Path(found).read_bytes()).decode()}"


@register.simple_tag
def font(name) -> SafeString:
    """A font of ours as a data address: letters carry all they need, nothing is fetched when they are made."""
    return mark_safe(_font(str(name)))  # noqa: S308  base 64 of our own file


@register.inclusion_tag("components/money_bar.html", takes_context=True)
def money_bar(context, bar, url="", caption="", thin=False, legend=False):
    """One bar that fills, the surer the euro the denser the ink, and the table that is its truth.

    `bar` maps accounts (free, reserved, committed, ordered, paid, claimed, returned) to cents, or has them as attributes, or lists segments
    with `account`, `cents` and their own `url`. `reference` and `url` of the bar are used when it has them. `legend`: what its textures mean, for a thin bar.
    """
    drawn = segments_of(bar)
    address = url or drawn.url or (f"{links.localized('/comptes/')}?ref={drawn.reference}" if drawn.reference else "")
    if not address and context.get("is_public_page"):
        address = links.localized("/comptes/")
    for segment in drawn.segments:
        segment.url = segment.url or address
    name = caption or drawn.label or _("The money, by state")
    parts = ", ".join(f"{segment.label} {euros_round(segment.cents)}" for segment in drawn.visible)
    summary = _("%(what)s: %(parts)s") % {"what": name, "parts": parts or _("nothing yet")}
    return {"bar": drawn, "caption": name, "summary": summary, "thin": thin, "legend": legend}


@register.inclusion_tag("components/desks_nav.html", takes_context=True)
def desks_nav(context, source):
    """Links to the desks of the signed-in person; `source` names the function that lists them (a higher room, hence by string)."""
    request = context.get("request")
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"desks": [], "request": request}
    if not hasattr(request, "_desks"):
        request._desks = [(url, name) for url, name, *_rest in import_string(source)(user)]
    return {"desks": request._desks, "request": request}


# ---- forms ----


@register.simple_tag
def control(field, described=True) -> SafeString:
    """The widget of a bound field, tied to its hint, counter and error, marked invalid when it is."""
    attrs: dict[str, Any] = {}
    widget = field.field.widget
    in_parts = isinstance(widget, forms.MultiWidget) and field.errors  # of a day and an hour, each tells what is wrong
    if described and (in_parts or not field.use_fieldset) and not widget.attrs.get("aria-describedby"):
        ids = _described_by(field)
        if ids:
            attrs["aria-describedby"] = ids
    if (words := getattr(field.field, "max_words", None)) and counts(field):
        attrs["data-words"] = words
    return field.as_widget(attrs=attrs)


def _described_by(field) -> str:
    parts = [("_helptext", field.help_text), ("_count", counts(field)), ("_error", field.errors)]
    return " ".join(f"{field.auto_id}{suffix}" for suffix, there in parts if there) if field.auto_id else ""


@register.filter
def described_by(field) -> str:
    return _described_by(field)


@register.filter
def counts(field) -> dict | None:
    """Limit that a long text is measured against, in words or characters, or None."""
    if getattr(field.field.widget, "template_name", "") != "django/forms/widgets/textarea.html":
        return None
    if words := getattr(field.field, "max_words", None):
        return {"words": words}
    limit = getattr(field.field, "max_length", None)
    return {"characters": limit} if limit else None


@register.filter
def shape(field) -> str:
    """How a field is laid out: `check`, `group`, `file` or `line`."""
    kind = getattr(field.field.widget, "input_type", "")
    if kind == "checkbox" and not field.use_fieldset:
        return "check"
    if field.use_fieldset:
        return "group"
    return "file" if kind == "file" else "line"


@register.filter
def affix(field) -> str:
    """Unit printed after the box: the field's `affix`, € for amounts."""
    return str(getattr(field.field, "affix", "€" if isinstance(field.field, EurosField) else ""))


@register.filter
def mark(field) -> str:
    """`required`, `optional` or nothing. A verb may require what the form does not: such a field says so with `mark = "required"`."""
    given = getattr(field.field, "mark", None)
    if given is not None:
        return given
    if field.field.required:
        return "required"
    return "optional" if getattr(field.field, "optional", False) else ""


@register.filter
def error_links(form) -> list[tuple[str, str, str]]:
    """(target id, label, error) of everything to mend in a form, a formset or a list of forms sent together, in page order. A form with a `title` of its own
    is named by it."""
    if isinstance(form, list | tuple):
        return [
            (target, f"{title}, {label}" if label and (title := getattr(one, "title", "")) else label, error)
            for one in form
            for target, label, error in error_links(one)
        ]
    if hasattr(form, "management_form"):
        found = [("", "", error) for error in form.non_form_errors()]
        for number, row in enumerate(form.forms, start=1):
            name = _("Row %(number)s") % {"number": number}
            found += [
                (target, f"{name}, {label}" if label else name, error) for target, label, error in error_links(row)
            ]
        return found
    found = [("", "", error) for error in form.non_field_errors()]
    for field in form:
        for error in field.errors:
            found.append(("" if field.is_hidden else _first_control(field), str(field.label or ""), error))
    return found


def _first_control(field) -> str:
    """Id of what receives the focus: in a group, its first box; of a day and an hour, the first that is empty."""
    if not field.use_fieldset:
        return field.id_for_label or field.auto_id
    if isinstance(field.field.widget, forms.MultiWidget):
        parts = field.value() if isinstance(field.value(), list) else []
        empty = (place for place, part in enumerate(parts) if not part)
        return f"{field.auto_id}_{next(empty, 0)}"
    first = next(iter(field.subwidgets), None)
    return (first.id_for_label if first is not None else "") or f"{field.auto_id}_0"


@register.filter
def score(value) -> str:
    """A score as a person writes it: `3.88` gives `3,88`. Nothing for none."""
    text = "" if value is None else str(value)
    return text if _is_english() else text.replace(".", ",")


@register.filter
def thousands(number) -> str:
    """`4 812`, `4,812`."""
    return money.thousands(number)
