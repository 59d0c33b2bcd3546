"""What every section says of what it lacks: one shape, the answers always due, the limits of words."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from applications.schema import SECTIONS, Key, count_words


@dataclass(frozen=True)
class Missing:
    """One thing missing: its section, the field to go to, and the sentence; `code` is the refusal's."""

    section: str
    field: str
    message: str
    code: str = "section_incomplete"
    page: str = ""

    @property
    def path(self) -> str:
        """The end of the address, under the file's own."""
        if self.page:
            return f"{self.page}/"
        return f"ecrire/{self.section}/" + (f"#{self.anchor}" if self.field else "")

    @property
    def anchor(self) -> str:
        """The element of the section's page that mends it: the table, or the field one can see (a commune is typed by its name)."""
        if any(key.name == self.field and key.kind == "rows" for key in SECTIONS[self.section].keys):
            return f"table-{self.field}"
        return "id_commune" if self.field == "insee_code" else f"id_{self.field}"


def needed(section: str, content: dict, *names: str) -> list[Missing]:
    gaps = []
    for name in names:
        key: Key = SECTIONS[section].key(name)
        if content[section].get(name) in (None, "", [], False):
            gaps.append(Missing(section, name, _("To fill in: %(label)s.") % {"label": key.label}))
    return gaps


def too_long(section: str, content: dict) -> list[Missing]:
    gaps = []
    for key in SECTIONS[section].keys:
        words = count_words(content[section].get(key.name) or "") if key.words else 0
        if key.words and words > key.words:
            gaps.append(
                Missing(
                    section,
                    key.name,
                    _(
                        "“%(label)s” has %(words)s words; the limit is %(limit)s. Everything is kept; shorten it to be able to file."
                    )
                    % {"label": key.label, "words": words, "limit": key.words},
                    "word_limit_exceeded",
                )
            )
    return gaps


def sentence(label) -> str:
    text = str(label)
    return text[:1].upper() + text[1:]
