"""The calendar of a call as iCalendar (RFC 5545): stable bytes, one event a date."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from django.utils.translation import gettext as _

from core import links
from fund.models import Call


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\r\n", "\n").replace("\n", "\\n")


def _folded(line: str) -> str:
    """Lines of 75 octets at most; a continuation begins with a space."""
    parts, current = [], b""
    for sign in line:
        data = sign.encode()
        if len(current) + len(data) > (75 if not parts else 74):
            parts.append(current)
            current = b""
        current += data
    parts.append(current)
    return "\r\n ".join(part.decode() for part in parts)


def _instant(value: datetime | None) -> str:
    if value is None:
        raise ValueError("only a published call has a calendar")
    return value.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _event(call: Call, name: str, title: str, start: datetime | date) -> list[str]:
    stamp = _instant(call.published_at)
    lines = [
        "BEGIN:VEVENT",
        f"UID:{call.slug}-{name}@{links.absolute('/').split('//')[1].strip('/')}",
        f"DTSTAMP:{stamp}",
        f"SEQUENCE:{call.version}",
    ]
    if isinstance(start, datetime):
        lines.append(f"DTSTART:{_instant(start)}")
    else:
        lines += [f"DTSTART;VALUE=DATE:{start:%Y%m%d}", f"DTEND;VALUE=DATE:{start + timedelta(days=1):%Y%m%d}"]
    return [
        *lines,
        f"SUMMARY:{_escaped(title)}",
        f"URL:{links.absolute(f'/appels/{call.slug}/')}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def of_call(call: Call) -> str:
    """The whole file, in the language of the page."""
    titles = (
        ("opens_at", _("“%(call)s” opens")),
        ("closes_at", _("“%(call)s” closes: last moment to file")),
        ("partner_deadline_at", _("“%(call)s”: partners confirm before this")),
        ("eligibility_by_on", _("“%(call)s”: eligibility checked by")),
        ("meeting_on", _("“%(call)s”: the panel meets")),
        ("notified_by_on", _("“%(call)s”: decisions notified by")),
        ("reports_by_on", _("“%(call)s”: reports filed by")),
    )
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//civic-fund//calls//FR",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_escaped(call.title)}",
    ]
    if call.cancelled_at is None:
        for name, title in titles:
            if value := getattr(call, name):
                lines += _event(call, name.replace("_", "-"), title % {"call": call.title}, value)
    return "\r\n".join(_folded(line) for line in [*lines, "END:VCALENDAR"]) + "\r\n"
