"""What the referee reads: the project's own files, parsed once."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("core", "fund", "applications", "reviews", "payments", "registry", "desks")
TEMPLATES = ROOT / "templates"


@lru_cache
def modules() -> dict[Path, ast.Module]:
    """Every Python file of the rooms but migrations, by path relative to the root."""
    return {
        path.relative_to(ROOT): ast.parse(path.read_text())
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
        if "migrations" not in path.parts
    }


@lru_cache
def templates() -> dict[str, str]:
    """Every template by the name Django loads it with."""
    return {
        str(path.relative_to(TEMPLATES)): path.read_text() for path in sorted(TEMPLATES.rglob("*")) if path.is_file()
    }


def strings(tree: ast.AST) -> set[str]:
    """All texts of a module; an f-string gives a pattern in which a value is `*`."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
        elif isinstance(node, ast.JoinedStr):
            found.add("".join(part.value if isinstance(part, ast.Constant) else "*" for part in node.values))
    return found


def matches(name: str, pattern: str) -> bool:
    return re.fullmatch(".+".join(re.escape(part) for part in pattern.split("*")), name) is not None


def is_writing_room(path: Path) -> bool:
    """Files that may call a transition of a graph: an app's `transitions`, and core's own mechanism."""
    return path.parts[0] == "core" or "transitions" in path.parts or path.name == "transitions.py"
