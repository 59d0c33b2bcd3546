"""The published description of the API (OpenAPI): what every operation has in common is said once, here."""

from __future__ import annotations

from drf_spectacular.plumbing import get_lib_doc_excludes

from core.api_errors import CONTENT_TYPE, title_of

ALWAYS = (400, 404, 406, 429)
SIGNED_IN = (401, 403)
WRITING = (409, 412, 413, 415, 422)
WRITES = ("post", "put", "patch", "delete")


def bases_without_words() -> list[type]:
    """Classes whose docstring speaks to who writes the code: a resource without its own says nothing."""
    from core.api import Resource, Strict, WithTransitions

    return [*get_lib_doc_excludes(), Resource, Strict, WithTransitions]


def with_problems(result: dict, generator, request, public) -> dict:
    """Every operation may answer with problem details; which statuses depends on what it does and for whom."""
    answers = {
        str(status): {
            "description": title_of(status),
            "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in (*ALWAYS, *SIGNED_IN, *WRITING)
    }
    for path in result["paths"].values():
        for method, operation in path.items():
            if not isinstance(operation, dict):
                continue
            first_paragraph = operation.get("description", "").partition("\n\n")[0]
            operation["description"] = " ".join(first_paragraph.split())
            statuses = [*ALWAYS, *(SIGNED_IN if operation.get("security", [{}]) != [{}] else ())]
            statuses += WRITING if method in WRITES else ()
            for status in sorted(statuses):
                operation["responses"].setdefault(str(status), answers[str(status)])
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "query" and "default" not in parameter["schema"]:  # `?year=` asks for nothing
                    parameter["allowEmptyValue"] = True
            if method == "get" and "200" in operation["responses"]:
                operation["responses"].setdefault("304", {"description": "Not Modified"})
    schemas = result["components"].setdefault("schemas", {})
    for schema in schemas.values():
        for name, field in schema.get("properties", {}).items():
            if "oneOf" in field:  # an address or nothing: nothing is a text too
                schema["properties"][name] = {"anyOf" if key == "oneOf" else key: value for key, value in field.items()}
    schemas["Problem"] = PROBLEM
    return result


_TEXT = {"type": "string"}
PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem details. `code` is stable; `remedy` says what would make the act possible, `article` the rule behind it.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": _TEXT,
        "title": _TEXT,
        "status": {"type": "integer"},
        "code": _TEXT,
        "detail": _TEXT,
        "remedy": _TEXT,
        "article": _TEXT,
        "field": _TEXT,
        "errors": {"description": "What is wrong, by field"},
        "request": _TEXT,
    },
}
