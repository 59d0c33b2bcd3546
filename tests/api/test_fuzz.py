"""Every operation of the published description, with what hypothesis makes of it, by every role: never a 500, always what is described."""

import json

import jsonschema
import pytest
from django.core.cache import caches
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from desks.api import description
from fund.enums import Role
from tests.factories import applications as make
from tests.factories import meetings as room
from tests.factories import payments as money
from tests.factories import reviews as panel
from tests.factories.core import UserFactory
from tests.factories.fund import CallFactory, open_call, person_with

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.strict_engine]
METHODS = ("get", "post", "patch", "delete")
EXAMPLES = 12
STRANGE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=40),
    st.sampled_from(["\x00", "\ud800", "2026-13-45", "9999-12-31T23:59:59Z", "' OR 1=1 --", "‮", "0" * 400]),
    st.lists(st.none() | st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
)


def schema_of(node: dict) -> dict:
    """An OpenAPI 3.0 schema as JSON Schema: `nullable` becomes a type."""
    if isinstance(node, list):
        return [schema_of(one) for one in node]
    if not isinstance(node, dict):
        return node
    made = {name: schema_of(one) for name, one in node.items() if name not in ("nullable", "readOnly", "writeOnly")}
    return {"anyOf": [made, {"type": "null"}]} if node.get("nullable") is True else made


@pytest.fixture(scope="module")
def described() -> dict:
    return json.loads(json.dumps(description("fr"), default=str))


def operations() -> list[tuple[str, str]]:
    return [
        (method, path)
        for path, methods in sorted(description("fr")["paths"].items())
        for method in METHODS
        if method in methods
    ]


def values(schema: dict, components: dict):
    """What a field may hold: mostly what it says, sometimes anything."""
    return st.one_of(plausible(schema, components), STRANGE)


def plausible(schema: dict, components: dict):
    if "$ref" in schema:
        return bodies(components[schema["$ref"].rpartition("/")[2]], components)
    if "allOf" in schema:
        return plausible(schema["allOf"][0], components)
    if "oneOf" in schema:
        return st.one_of(*(plausible(one, components) for one in schema["oneOf"]))
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kind = schema.get("type")
    if kind == "integer":
        return st.integers(schema.get("minimum", -5), min(schema.get("maximum", 2_000_000), 10**12))
    if kind == "boolean":
        return st.booleans()
    if kind == "array":
        return st.lists(values(schema.get("items", {}), components), max_size=3)
    if kind == "object":
        more = schema.get("additionalProperties")
        names = st.sampled_from(["besoin", "title", "project", "amount", "x"])
        return st.dictionaries(names, values(more if isinstance(more, dict) else {}, components), max_size=3)
    if schema.get("format") == "date-time":
        return st.sampled_from(["2026-12-20T10:00:00Z", "2027-01-05T10:00:00+01:00", "2020-01-01T00:00:00Z"])
    if schema.get("format") == "date":
        return st.sampled_from(["2026-12-20", "2020-02-30"])
    if kind == "string":
        return st.sampled_from(["", "Un motif.", "a@ici.example", "FP-2026-4T8RWZ2M"]) | st.text(max_size=30)
    return STRANGE


def bodies(schema: dict, components: dict):
    fields = schema.get("properties", {})
    required = {name: values(fields[name], components) for name in schema.get("required", [])}
    optional = {name: values(one, components) for name, one in fields.items() if name not in required}
    return st.fixed_dictionaries(required, optional=optional)


@pytest.fixture
def fund(at):
    """Something of everything, and one client of each role; what addresses may hold."""
    people = money.People()
    agreement = money.signed(people, at=at)
    made, meeting = room.convened()
    envelope = made.call.envelope
    opened, call = open_call(envelope=envelope), CallFactory(state="draft", envelope=envelope)
    draft, filed = make.ready_draft(at, call=opened), make.filed(at, call=opened)
    people_by_role = {
        "nobody": None,
        "stranger": UserFactory(),
        "lead": draft.lead,
        "laureate": agreement.application.lead,
        "officer": made.officer,
        "member": made.members[panel.CIVIL][1],
        "president": made.presidents[0],
        "orderer": people.orderer,
        "payer": people.payer,
        "auditor": person_with(Role.AUDITOR),
        "administrator": person_with(Role.ADMINISTRATOR),
    }
    names = {
        "reference": [
            draft.reference,
            filed.reference,
            agreement.reference,
            f"{agreement.reference}-1",
            "E-2026-1",
            "x",
        ],
        "slug": [call.slug, made.call.slug, opened.slug, "x"],
        "seq": ["1", "2", "999999999999999"],
        "code": ["project", "budget", "rien"],
    }
    return people_by_role, names


def client_of(person) -> APIClient:
    client = APIClient(raise_request_exception=True)
    if person is not None:
        client.force_authenticate(person)
    return client


def path_of(path: str, names: dict, data) -> str:
    while "{" in path:
        before, _brace, rest = path.partition("{")
        name, _brace, after = rest.partition("}")
        found = data.draw(st.sampled_from(names.get(name, ["1", "2", "3", "99999999"])), label=name)
        path = f"{before}{found}{after}"
    return path


def resource(path: str) -> str:
    return path.removeprefix("/api/v1/").partition("/")[0] or "root"


@pytest.mark.parametrize("name", sorted({resource(path) for _method, path in operations()}))
def test_never_a_500_and_always_as_described(fund, described, name):
    for method, path in operations():
        if resource(path) == name:
            attack_one(fund, described, method, path)


def attack_one(fund, described, method, path):
    people, names = fund
    operation, components = described["paths"][path][method], described["components"]["schemas"]
    content = operation.get("requestBody", {}).get("content", {})
    body_schema = content.get("application/json", {}).get("schema")
    upload = "multipart/form-data" in content
    body = values(body_schema, components) if body_schema else st.none()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def attack(data):
        person = data.draw(st.sampled_from(sorted(people)), label="who")
        address = path_of(path, names, data)
        sent = data.draw(body, label="body")
        caches["process"].clear()
        point = transaction.savepoint()
        try:
            answer = send(client_of(people[person]), method, address, sent, upload)
            check(answer, operation, components)
        finally:
            transaction.savepoint_rollback(point)

    attack()


def send(client: APIClient, method: str, address: str, sent, upload: bool):
    if method == "get":
        return client.get(address)
    if upload:
        return client.generic(method, address, b"--x\r\n", content_type="multipart/form-data; boundary=x")
    text = json.dumps(sent).encode("utf-8", "surrogatepass") if sent is not None else b""
    return client.generic(method, address, text, content_type="application/json")


def check(answer, operation: dict, components: dict) -> None:
    assert answer.status_code < 500, answer.content
    status = str(answer.status_code)
    assert status in operation["responses"], (status, getattr(answer, "content", b"")[:300])
    content = operation["responses"][status].get("content", {})
    media = answer.headers.get("Content-Type", "").partition(";")[0]
    if not content:
        return
    assert media in content, media
    if media.endswith("json") and media in content:
        schema = schema_of({**content[media].get("schema", {}), "components": {"schemas": components}})
        jsonschema.validate(answer.json(), schema)
