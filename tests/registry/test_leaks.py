"""A walk over every public address: marked names, mails, accounts, phones and the communes of persons are in no byte of any answer."""

from __future__ import annotations

import io
import json
import re
import zipfile
import zlib

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from applications.models import Application, NameConsent
from applications.transitions import consent_to_be_named, withdraw_name_consent
from core.models import Document, User
from fund import public_cache
from fund.models import Organisation
from registry.models import PastGrant
from tests.factories.payments import fictional_iban

pytestmark = pytest.mark.django_db
MARK = "Zqxwille"
COMMUNE, MAIL, PHONE = "Trifouillis-Zqxcommune", "zqxcanari@courriel.example", "06 99 98 97 96"
IBAN = " ".join(re.findall(".{1,4}", fictional_iban(4_242_424_242)))
CONTACTS = f"Me joindre : {MAIL}, {PHONE}, compte {IBAN}, ou zqxcanari [at] courriel.example."
SECRETS = ["zqxcanari", "06 99 98 97 96", "0699989796", IBAN, IBAN.replace(" ", ""), "Zqxcommune", "zqxcommune"]


def addresses(fund) -> set[str]:
    """Every public address, from the routes themselves; parameters are filled with what the fund has."""
    out = io.StringIO()
    call_command("list_routes", "--json", stdout=out)
    call = fund.panel.call.slug
    grants = [row.reference for row in [*fund.known.values(), fund.secret, fund.refused]]
    values = {"slug:slug": [call], "slug": [call], "str:reference": grants, "reference": grants, "seq": ["1", "2"]}
    sirens = {one.siret[:9] for one in Organisation.objects.exclude(siret="")}
    values |= {"str:siren": sorted(sirens), "siren": sorted(sirens)}
    spoken = [Client().get(f"/common-grants/{name}").json()["items"] for name in ("awards", "opportunities")]
    values["str:uid"] = [item["id"] for items in spoken for item in items]
    values["str:key"] = [key[:16] for key in PastGrant.objects.values_list("row_key", flat=True)] or ["0" * 16]
    found = set()
    for route in json.loads(out.getvalue()):
        if not route["public"] or "GET" not in route["methods"]:
            continue
        made = [route["path"].replace("\\.", ".")]
        for hole in re.findall(r"<([^>]+)>", route["path"]):
            fill = ["csv", "json", "xlsx", "jsonl"] if hole == "extension" else values[hole]
            made = [path.replace(f"<{hole}>", value) for path in made for value in fill]
        found |= set(made)
    found |= {f"/verifier/{code}/" for code in Document.objects.values_list("code", flat=True)}
    searches = [MARK, "Trifouillis", "Zqxcommune", "zqxcanari", "0699989796", "courriel.example", IBAN.replace(" ", "")]
    lists = ("/projets/", "/donnees/projets.csv", "/donnees/projets.json", "/donnees/projets.xlsx", "/api/v1/projects/")
    plain = {f"{path}?tri={order}" for path in lists for order in ("recent", "amount", "oldest")}
    found |= plain | {
        f"/en{path}" for path in found if path.startswith(("/projets", "/appels", "/statistiques", "/comptes"))
    }
    return found | {("q", path, word) for path in lists for word in searches}  # type: ignore[arg-type]


def texts_in(body: bytes) -> str:
    """What a reader could find in it: zipped sheets and compressed PDF streams are opened."""
    parts = [body]
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as book:
            parts += [book.read(name) for name in book.namelist()]
    if body.startswith(b"%PDF"):
        for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", body, re.DOTALL):
            try:
                parts.append(zlib.decompress(stream))
            except zlib.error:
                continue
    text = b"\n".join(parts).decode("utf-8", "replace")
    return text + text.replace("\u00a0", " ").replace("\u202f", " ").replace("&#x27;", "'").replace("&amp;", "&")


def walk(fund) -> dict[str, str]:
    """Address -> everything it answers. A search's own words stand in its page; the grants it finds are judged apart."""
    answers = {}
    for address in addresses(fund):
        searched = address if isinstance(address, tuple) else None
        path, query = (searched[1], {"q": searched[2]}) if searched else (address, {})
        answer = Client().get(path, query)
        assert answer.status_code in (200, 404), (address, answer.status_code)
        body = b"".join(answer) if answer.streaming else answer.content
        text = texts_in(body) + str(dict(answer.items()))
        if searched:
            found = [row.reference for row in fund.known.values() if row.reference in text]
            text = f"found {found}" if found else "nothing"
        answers[str(address)] = text
    return answers


def mark(fund) -> Application:
    """Everything that names, reaches or places a person is marked, in every file of the fund."""
    person = fund.known["person"]
    for number, user in enumerate(User.objects.filter(pk__in=Application.objects.values("lead")).order_by("pk")):
        User.objects.filter(pk=user.pk).update(
            name=f"Canari {MARK} {number}", email=f"zqxcanari{number}@courriel.example"
        )
    Application.objects.filter(pk=person.pk).update(
        commune=COMMUNE,
        insee_code="93048",
        applicant_name=f"Canari {MARK}",
        title=f"Un essai. {CONTACTS}",
        summary=CONTACTS,
    )
    for row in Application.objects.all():
        content = row.content or {}
        project = content.get("project", {}) | {"need": f"Un besoin. {CONTACTS}", "solution": CONTACTS}
        openness = content.get("openness", {}) | {
            "licence": f"MIT {CONTACTS}", "repository_url": f"https://forge.example/{MAIL}", "demo_url": f"https://{MAIL}/"
        }  # fmt: skip
        if row.filed_version:
            row.filed_version.content = content | {"project": project, "openness": openness}
            type(row.filed_version).objects.filter(pk=row.filed_version_id).update(content=row.filed_version.content)
        else:
            for section in row.sections.filter(code__in=("project", "openness")):
                section.content = project if section.code == "project" else openness
                section.save()
    return Application.objects.get(pk=person.pk)


def leaks(answers: dict[str, str], secrets: list[str]) -> list[tuple[str, str]]:
    return sorted((address, secret) for address, text in answers.items() for secret in secrets if secret in text)


def test_no_public_byte_names_reaches_or_places_a_person(fund):
    person = mark(fund)
    answers = walk(fund)
    assert len(answers) > 80
    assert person.reference in answers["/donnees/projets.csv"] and "Un essai." in answers["/donnees/360giving.json"]
    assert leaks(answers, [*SECRETS, MARK]) == []
    told = {address for address, text in answers.items() if text.startswith("found")}
    assert told == set()
    assert "Personne physique" in answers["/donnees/projets.csv"]


@pytest.mark.parametrize("remembers", [False, True])
def test_a_name_comes_with_consent_and_goes_from_everywhere_at_once(fund, remembers):
    person = mark(fund)
    name = f"Jeanne {MARK}"
    public_cache.enable(remembers)
    try:
        before = walk(fund)
        consent_to_be_named(application=person, actor=person.bearer_person, at=timezone.now(), name=name)
        named = walk(fund)
        shown = {address for address, _secret in leaks(named, [name])}
        assert {
            f"/projets/{person.reference}/", f"/en/projets/{person.reference}/", "/projets/", "/donnees/projets.csv",
            "/donnees/projets.json", "/donnees/projets.xlsx", "/api/v1/projects/", f"/api/v1/projects/{person.reference}/",
        } <= shown  # fmt: skip
        tags = {address: Client().get(address)["ETag"] for address in shown}
        withdraw_name_consent(application=person, actor=person.bearer_person, at=timezone.now())
        for address, tag in tags.items():
            again = Client().get(address, headers={"if-none-match": tag})
            assert again.status_code == 200 and again["ETag"] != tag, address
        after = walk(fund)
        assert leaks(after, [MARK]) == []
        assert after["/projets/"].count(person.reference) == before["/projets/"].count(person.reference)
    finally:
        public_cache.enable(False)


def test_an_erased_account_is_named_nowhere(fund):
    from applications.transitions.leaving import forget

    person = mark(fund)
    consent_to_be_named(application=person, actor=person.bearer_person, at=timezone.now(), name=f"Jeanne {MARK}")
    forget(user=person.bearer_person, at=timezone.now())
    assert not NameConsent.objects.exclude(name="").exists()
    assert leaks(walk(fund), [MARK]) == []
