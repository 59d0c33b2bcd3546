"""Addresses, templates, words and settings: what the eye forgets."""

import ast
import re

import pytest
from django.apps import apps
from django.conf import settings

from core import routes
from fund.environment import OPTIONS
from tests.architecture.code import ROOT, matches, modules, strings, templates

LIBRARY_TEMPLATES = ("account/", "mfa/", "django/forms/", "allauth/", "rest_framework/", "drf_spectacular/")
"""Folders whose names a library asks for."""
BY_PATTERN = ("emails/{code}.{language}.txt", "documents/{kind}/{language}.html")
"""core.outbox and core.documents make these names from a code that stands in the notification or the document."""


def test_every_address_has_a_rule_or_is_public():
    without = [route.path for route in routes.routes() if route.rule is None and not route.public]
    assert without == []


def test_public_addresses_are_reads():
    """A public page takes no form: its bytes depend on nothing but its address."""
    faults = [
        route.path for route in routes.routes() if route.public and set(route.methods) - {"GET", "HEAD", "OPTIONS"}
    ]
    assert faults == []


def _used_names() -> set[str]:
    used = set()
    for tree in modules().values():
        used |= {text for text in strings(tree) if text.endswith((".html", ".txt", ".svg", ".xml", ".ics"))}
    for text in templates().values():
        used |= set(re.findall(r"""\{%\s*(?:extends|include)\s+["']([^"']+)["']""", text))
    return used


def test_no_template_is_unused():
    used = _used_names()
    texts = set().union(*(strings(tree) for tree in modules().values()))
    unused = []
    for name in templates():
        if (
            name in used
            or name.startswith(LIBRARY_TEMPLATES)
            or name in ("400.html", "403.html", "404.html", "429.html", "500.html", "403_csrf.html")
        ):
            continue
        if any(
            "*" in pattern and matches(name, pattern)
            for pattern in used
            if not pattern.startswith("*") and pattern not in ("emails/*.*.txt", "documents/*/*.html")
        ):
            continue
        if mail := re.fullmatch(r"emails/(.+)\.(fr|en)\.txt", name):
            code = mail[1]
            if (
                code in texts
                or code.partition("/")[2] in texts
                or any("*" in text and matches(code, text) and len(text) > 5 for text in texts)
            ):
                continue
        if (letter := re.fullmatch(r"documents/([a-z_]+)/(fr|en)\.html", name)) and letter[1] in texts:
            continue
        unused.append(name)
    assert unused == []


@pytest.mark.parametrize("name", sorted(name for name in templates() if name.startswith("emails/")))
def test_a_mail_speaks_both_languages_and_begins_with_its_subject(name):
    if not name.endswith(".txt"):
        pytest.skip("a layout")
    stem, language, _ending = name.rsplit(".", 2)
    assert f"{stem}.{'en' if language == 'fr' else 'fr'}.txt" in templates()
    assert templates()[name].startswith("Subject: ") or "{% extends" in templates()[name]


def test_no_style_or_script_inside_pages():
    """The content security policy forbids both; letters and reading bundles are PDF."""
    faults = [
        name
        for name, text in templates().items()
        if name.endswith(".html")
        and not name.startswith(("documents/", "emails/", "reviews/print/"))
        and re.search(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=\"", text)
    ]
    assert faults == []


def test_a_total_keeps_its_column_names_where_the_table_is_stacked():
    """On a phone the heads are out of sight: cells of a foot with several say which column they are of."""
    feet = [
        (name, foot)
        for name, text in templates().items()
        for foot in re.findall(r'<table class="table stacked.*?<tfoot>(.*?)</tfoot>', text, re.DOTALL)
    ]
    faults = [
        name
        for name, foot in feet
        if len(cells := re.findall(r"<td(?![^>]*></td>)[^>]*>", foot)) > 1
        and not all("data-label" in cell for cell in cells)
    ]
    assert feet and faults == []


def _own_models():
    return [model for model in apps.get_models() if model._meta.app_label in settings.FUND_APPS]


def test_every_form_gives_the_fund_s_own_messages():
    """A browser's bubble speaks another language than the page, is read by few screen readers, and hides the error summary."""
    forms = [
        (name, tag)
        for name, text in templates().items()
        for tag in re.findall(r"<form\b(?:[^>{]|\{%.*?%\}|\{\{.*?\}\})*>", text)
    ]
    faults = [f"{name}: {tag}" for name, tag in forms if " novalidate" not in tag]
    assert len(forms) > 100 and faults == []


def test_verbose_names_are_lower_case():
    """French and English nouns begin with a lower-case letter; acronyms keep theirs."""
    faults = []
    for model in _own_models():
        names = [
            model._meta.verbose_name,
            model._meta.verbose_name_plural,
            *(field.verbose_name for field in model._meta.get_fields() if hasattr(field, "verbose_name")),
        ]
        faults += [f"{model.__name__}: {name}" for name in map(str, names) if re.match(r"[A-ZÀ-Ý][a-zà-ÿ]", name)]
    assert faults == []


def test_every_setting_is_documented():
    text = (ROOT / "docs" / "settings.md").read_text()
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", text, re.MULTILINE))
    assert documented == {option.name for option in OPTIONS}
    assert [option.name for option in OPTIONS if f"| {option.help} |" not in text] == []


def test_no_template_file_names_a_machine_or_a_host():
    found = [
        str(path)
        for path, tree in modules().items()
        for text in strings(tree)
        if re.search(r"/(?:root|home|work)/", text)
    ]
    assert found == []


def test_higher_rooms_are_named_by_nobody_below():
    """Not even inside a function (import-linter reads module-level and inner imports alike; this is the quick local answer)."""
    order = settings.FUND_APPS
    faults = []
    for path, tree in modules().items():
        room = path.parts[0]
        if path.name in ("settings.py", "urls.py") and room == "fund":
            continue
        for node in ast.walk(tree):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            faults += [
                f"{path}:{node.lineno} imports {name}"
                for name in names
                if name.split(".")[0] in order and order.index(name.split(".")[0]) > order.index(room)
            ]
    assert faults == []
