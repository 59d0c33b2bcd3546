"""The French catalogues: one per app, `locale/<app>/fr/LC_MESSAGES/django.po`, made from the English strings of its code and templates.

Catalogues are sorted by string and carry no line number and no date, so that two people who add strings rarely meet. All catalogues end up in one
dictionary when the fund runs: the same English string must therefore have the same French everywhere (`pgettext` tells two meanings apart).
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import polib
from django.conf import settings
from django.utils.module_loading import import_string

HOW_TO_GET_XGETTEXT = "xgettext is missing. Install it with: sudo apt-get install -y gettext"
HEADER = {
    "Project-Id-Version": "civic-fund",
    "Language": "fr",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=2; plural=(n > 1);",
}
KEYWORDS = [
    "_now",
    "gettext_noop",
    "gettext_lazy",
    "ngettext_lazy:1,2",
    "pgettext:1c,2",
    "npgettext:1c,2,3",
    "pgettext_lazy:1c,2",
    "npgettext_lazy:1c,2,3",
]
NAMED = re.compile(r"%\((\w+)\)[sdfi]")
BRACED = re.compile(r"(?<!\{)\{(\w*)\}(?!\})")
TEMPLATE_ENDINGS = {".html", ".txt", ".svg", ".xml"}


class CatalogueError(Exception):
    """The strings cannot be read (a tool is missing, a template is broken)."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong with a catalogue, in words."""

    app: str
    kind: str
    msgid: str
    where: str = ""

    def __str__(self):
        text = " ".join(self.msgid.split())
        return f"{self.app}: {self.kind}: “{text[:100]}{'…' if len(text) > 100 else ''}”" + (
            f" ({self.where})" if self.where else ""
        )


def po_path(root: Path, app: str) -> Path:
    return root / "locale" / app / "fr" / "LC_MESSAGES" / "django.po"


def app_of_template(relative: Path, apps: list[str]) -> str:
    """The app whose catalogue holds a template's strings; shared folders (layout, components, account, error pages…) belong to core."""
    parts = relative.parts
    if parts[0] == "emails" and len(parts) > 1:
        parts = parts[1:]
    return parts[0] if len(parts) > 1 and parts[0] in apps else "core"


def sources(root: Path, app: str, apps: list[str]) -> list[Path]:
    """Every file an app's strings are taken from, relative to the root, in a stable order."""
    code = [path for path in (root / app).rglob("*.py") if "migrations" not in path.parts]
    folder = root / "templates"
    templates = [path for path in folder.rglob("*") if path.suffix in TEMPLATE_ENDINGS and path.is_file()]
    mine = [path for path in templates if app_of_template(path.relative_to(folder), apps) == app]
    return sorted(path.relative_to(root) for path in [*code, *mine])


def texts(app: str) -> list[str]:
    """Strings that are in no source as such: what `CATALOGUE_TEXTS` of the settings finds for the app."""
    named = settings.CATALOGUE_TEXTS.get(app)
    return import_string(named)() if named else []


def extract(root: Path, app: str, apps: list[str]) -> polib.POFile:
    """The strings of an app as they stand in its files now (no translations). Raises CatalogueError."""
    from django.template import TemplateSyntaxError
    from django.utils.translation.template import templatize

    if not shutil.which("xgettext"):
        raise CatalogueError(HOW_TO_GET_XGETTEXT)
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for path in sources(root, app, apps):
            text = (root / path).read_text()
            if path.suffix != ".py":
                try:
                    text = templatize(text, origin=str(path))
                except (TemplateSyntaxError, SyntaxError) as error:
                    raise CatalogueError(f"{path}: {error}") from error
            target = Path(folder) / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
            names.append(str(path))
        if told := texts(app):
            (Path(folder) / app).mkdir(exist_ok=True)
            names.append(f"{app}/texts")
            (Path(folder) / names[-1]).write_text("".join(f"gettext_noop({text!r})\n" for text in told))
        if not names:
            return polib.POFile()
        listing = Path(folder) / "files.list"
        listing.write_text("\n".join(names))
        command = [
            "xgettext",
            "--language=Python",
            "--from-code=UTF-8",
            "--add-location=file",
            "--output=-",
            f"--files-from={listing}",
        ]
        command += [f"--keyword={word}" for word in KEYWORDS]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)  # noqa: S603 (fixed words)
    if done.returncode:
        raise CatalogueError(done.stderr.strip())
    return polib.pofile(done.stdout) if done.stdout.strip() else polib.POFile()


def _key(entry) -> tuple[str, str]:
    return (entry.msgctxt or "", entry.msgid)


def read(root: Path, app: str) -> polib.POFile:
    path = po_path(root, app)
    return polib.pofile(str(path)) if path.exists() else polib.POFile()


def merge(root: Path, app: str, apps: list[str]) -> polib.POFile:
    """The app's catalogue with today's strings: translations kept, strings that are gone dropped, new ones filled from the other catalogues."""
    fresh = extract(root, app, apps)
    known = {}
    for other in [*(name for name in apps if name != app), app]:
        known.update({_key(entry): entry for entry in read(root, other) if not entry.obsolete and entry.translated()})
    own = {_key(entry): entry for entry in read(root, app) if not entry.obsolete}
    catalogue = polib.POFile(wrapwidth=120)
    catalogue.metadata = dict(HEADER)
    for entry in sorted(fresh, key=lambda entry: (entry.msgid.casefold(), entry.msgid, entry.msgctxt or "")):
        old = own.get(_key(entry))
        old = old if old is not None and (old.translated() or old.fuzzy) else known.get(_key(entry))
        entry.occurrences = sorted({(name, "") for name, _line in entry.occurrences})
        entry.msgstr_plural = {0: "", 1: ""} if entry.msgid_plural else {}
        entry.comment = ""
        if old is not None and bool(old.msgid_plural) == bool(entry.msgid_plural):
            entry.msgstr, entry.tcomment = old.msgstr, old.tcomment
            entry.msgstr_plural = dict(old.msgstr_plural) if entry.msgid_plural else {}
            if old.fuzzy and "fuzzy" not in entry.flags:
                entry.flags.append("fuzzy")
        catalogue.append(entry)
    return catalogue


def write(root: Path, app: str, catalogue: polib.POFile) -> bool:
    """Save a catalogue; tells whether the file changed."""
    path = po_path(root, app)
    text = str(catalogue).lstrip("#\n").rstrip("\n") + "\n"
    if path.exists() and path.read_text() == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return True


def _placeholders(text: str, flags: list[str]) -> set[str]:
    found = set(NAMED.findall(text))
    return found | set(BRACED.findall(text)) if "python-brace-format" in flags else found


def _format_fault(entry) -> bool:
    """A translation that names another placeholder than the English does, or (outside the singular) forgets one."""
    wanted = _placeholders(entry.msgid, entry.flags)
    if not entry.msgid_plural:
        return _placeholders(entry.msgstr, entry.flags) != wanted
    every = wanted | _placeholders(entry.msgid_plural, entry.flags)
    forms = {index: _placeholders(text, entry.flags) for index, text in entry.msgstr_plural.items()}
    return any(not form <= every for form in forms.values()) or any(
        form != every for index, form in forms.items() if int(index) > 0
    )


def faults(root: Path, app: str, apps: list[str]) -> list[Fault]:
    """What stands between an app's catalogue and a complete French: missing, stale, untranslated, fuzzy, wrong placeholders."""
    found = []
    fresh = {_key(entry): entry for entry in extract(root, app, apps)}
    stored = {_key(entry): entry for entry in read(root, app) if not entry.obsolete}
    for key, entry in fresh.items():
        where = entry.occurrences[0][0] if entry.occurrences else ""
        own = stored.get(key)
        if own is None or bool(own.msgid_plural) != bool(entry.msgid_plural):
            found.append(Fault(app, "not in the catalogue", entry.msgid, where))
        elif own.fuzzy:
            found.append(Fault(app, "fuzzy", entry.msgid, where))
        elif not own.translated():
            found.append(Fault(app, "untranslated", entry.msgid, where))
        elif _format_fault(own):
            found.append(Fault(app, "placeholders differ", entry.msgid, where))
    found += [Fault(app, "no longer used", entry.msgid) for key, entry in stored.items() if key not in fresh]
    return found


def conflicts(root: Path, apps: list[str]) -> list[Fault]:
    """Strings that two catalogues translate differently: the fund would show one of them in both places."""
    first: dict[tuple[str, str], tuple[str, object]] = {}
    found = []
    for app in apps:
        for entry in read(root, app):
            if entry.obsolete or not entry.translated():
                continue
            value = (entry.msgstr, tuple(sorted(entry.msgstr_plural.items())))
            other, held = first.setdefault(_key(entry), (app, value))
            if held != value:
                found.append(
                    Fault(app, f"translated otherwise in {other} (use pgettext for two meanings)", entry.msgid)
                )
    return found


def compile_all(root: Path, *, force: bool = False) -> int:
    """Write the `.mo` files that Django reads; returns how many were out of date. Needs no system tool."""
    count = 0
    for path in sorted((root / "locale").glob("*/*/LC_MESSAGES/*.po")):
        target = path.with_suffix(".mo")
        if not force and target.exists() and target.stat().st_mtime_ns >= path.stat().st_mtime_ns:
            continue
        scratch = target.with_suffix(f".mo.{id(path)}")
        polib.pofile(str(path)).save_as_mofile(str(scratch))
        scratch.replace(target)
        count += 1
    return count


def not_compiled(root: Path) -> list[str]:
    """Catalogues whose compiled form is absent or older than the text."""
    late = []
    for path in sorted((root / "locale").glob("*/*/LC_MESSAGES/*.po")):
        target = path.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime_ns < path.stat().st_mtime_ns:
            late.append(str(path.relative_to(root)))
    return late
