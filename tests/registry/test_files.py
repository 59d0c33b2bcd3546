"""The open-data files as an outsider gets them: valid, complete, one with the pages, and silent about what is not public yet."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from lxml import etree

from core.links import absolute
from fund import public_cache
from fund.models import Checkpoint, Seal
from registry import queries
from reviews.models import Assignment
from tests.factories.core import no_guard
from tests.registry import helpers
from tests.registry.schemas import giving_errors, scdl_errors

pytestmark = pytest.mark.django_db
FILES = [
    "subventions-scdl.csv",
    "360giving.json",
    "projets.csv",
    "projets.json",
    "projets.xlsx",
    "comptes.csv",
    "comptes.jsonl",
    "comptes/checkpoint.json",
    "comptes/checkpoints.jsonl",
    "comptes/cle.pem",
    "comptes/verify_ledger.py",
    "recompute_scores.py",
    "comptes/preuves/1.json",
    "comptes/preuves/?from=1&to=2",
    "catalogue.jsonld",
    "flux.atom",
]


def fetch(name: str) -> bytes:
    answer = Client().get(f"/donnees/{name}")
    assert answer.status_code == 200, name
    return answer.getvalue()


def text(name: str) -> str:
    return fetch(name).decode()


# Standards.


def test_scdl_is_valid_and_reconciles(fund):
    helpers.with_history(fund)
    content = text("subventions-scdl.csv")
    assert scdl_errors(content) == []
    rows = list(csv.DictReader(io.StringIO(content)))
    own = [row for row in rows if row["referenceDecision"].startswith("D-")]
    assert {row["montant"] for row in own} == {"18500.00", "17000.50"} and len(rows) == 2 + 28
    count, cents = queries.unsayable_in_scdl()
    grants = [grant for grant in queries.published() if not grant.is_bare]
    assert (count, cents) == (1, 900_000) and count + len(rows) == len(grants)
    said = sum(round(float(row["montant"]) * float(row["pourcentageSubvention"]) * 100) for row in rows)
    assert abs(said + cents - sum(grant.shared_amount for grant in grants)) <= len(rows)
    name = Client().get("/donnees/subventions-scdl.csv")["Content-Disposition"]
    assert re.search(r'filename="\d{8}_\d{9}_subventions-[a-z0-9-]+\.csv"', name)


def test_360giving_is_valid_with_and_without_format_checks(fund):
    helpers.with_history(fund)
    package = json.loads(text("360giving.json"))
    assert giving_errors(package) == giving_errors(package, formats=True) == []
    ids = [grant["id"] for grant in package["grants"]]
    assert len(set(ids)) == len(ids) == 3
    paid = next(grant for grant in package["grants"] if grant["id"].endswith(fund.paid.reference))
    assert (paid["amountAwarded"], paid["amountDisbursed"]) == (18500, 12950)
    person = next(grant for grant in package["grants"] if "recipientIndividual" in grant)
    assert person["recipientIndividual"]["name"] == "Personne physique"
    assert fund.known["person"].lead.name not in json.dumps(package, ensure_ascii=False)


def test_no_address_of_a_person_travels_in_the_standards(fund):
    helpers.Application.objects.filter(pk=fund.paid.pk).update(summary="Écrire à ada.morel@exemple.fr avant lundi.")
    assert "ada.morel" not in text("360giving.json")


def test_workbook_csv_and_json_say_the_same(fund):
    import openpyxl

    sheet = openpyxl.load_workbook(io.BytesIO(fetch("projets.xlsx"))).active
    lines = list(sheet.iter_rows(values_only=True))
    rows = list(csv.DictReader(io.StringIO(text("projets.csv"))))
    data = json.loads(text("projets.json"))["projects"]
    assert list(lines[0]) == list(rows[0])
    assert [*rows[0], "criteria", "ballots", "ballots_withheld"] == list(data[0])
    assert [line[0] for line in lines[1:]] == [row["reference"] for row in rows] == [row["reference"] for row in data]
    assert all(isinstance(line[lines[0].index("awarded_amount")], (int, float)) for line in lines[1:])


def test_a_filtered_file_is_exactly_the_filtered_page(fund):
    for query in ("departement=31", "etat=not_taken_up", "tri=amount", "q=agenda&tri=oldest"):
        page = Client().get(f"/projets/?{query}").content.decode()
        listed = re.findall(r'<th scope="row"><a href="/projets/(FP-[\w-]+)/"', page)
        rows = csv.DictReader(io.StringIO(text(f"projets.csv?{query}")))
        assert [row["reference"] for row in rows] == listed, query


def test_no_cell_of_a_file_runs(fund):
    helpers.Application.objects.filter(pk=fund.paid.pk).update(
        title='=HYPERLINK("http://x.example";"clic")', summary="\t@SUM(1+1)*cmd|' /C calc'!A0"
    )
    for name in ("projets.csv", "subventions-scdl.csv", "comptes.csv"):
        for row in csv.reader(io.StringIO(text(name))):
            for cell in row:
                assert not re.match(r"[\s\u00a0]*[=+@]", cell) and (
                    not cell.startswith("-") or re.fullmatch(r"-\d+\.\d\d", cell)
                ), cell


def test_the_catalogue_names_files_that_answer(fund):
    catalogue = json.loads(text("catalogue.jsonld"))
    dataset = catalogue["dcat:dataset"][0]
    assert catalogue["@type"] == "dcat:Catalog" and dataset["@type"] == "dcat:Dataset"
    assert set(catalogue["@context"]) == {"dcat", "dct", "foaf", "xsd"}
    for term in re.findall(r'"([a-z]+):[A-Za-z]+":', json.dumps(catalogue)):
        assert term in catalogue["@context"], term
    for item in dataset["dcat:distribution"]:
        address = item["dcat:downloadURL"]["@id"]
        assert address.startswith(absolute("/donnees/"))
        answer = Client().get(urlsplit(address).path)
        assert answer.status_code == 200 and answer["Content-Type"].partition(";")[0] == item["dcat:mediaType"]
    assert "1 aides pour 9000.00 euros" in dataset["dct:description"]


def test_the_feed_is_atom(fund):
    helpers.with_history(fund)
    helpers.Application.objects.filter(pk=fund.paid.pk).update(title="<b>&\u0001 “fin”", summary='"]]>')
    feed = etree.fromstring(fetch("flux.atom"))
    ns = {"a": "http://www.w3.org/2005/Atom"}
    assert feed.tag == "{http://www.w3.org/2005/Atom}feed"
    for one in ("id", "title", "updated", "author/a:name"):
        assert feed.find(f"a:{one}", ns).text
    entries = feed.findall("a:entry", ns)
    ids = [entry.find("a:id", ns).text for entry in entries]
    assert len(entries) == 30 and len(set(ids)) == 30
    newest = Checkpoint.objects.order_by("-count", "-id").first()
    for entry in entries:
        assert entry.find("a:updated", ns).text and entry.find("a:title", ns).text is not None
        assert entry.find("a:content", ns).text == f"{newest.count} {newest.head}"
    assert any(entry.find("a:title", ns).text == "<b>& “fin”" for entry in entries)


# The ledger, by an outsider.


def test_the_ledger_verifies_from_its_files_alone(fund, tmp_path):
    for name in ("comptes.jsonl", "comptes/checkpoint.json", "comptes/verify_ledger.py"):
        (tmp_path / name.rpartition("/")[2]).write_bytes(fetch(name))
    command = [sys.executable, "-I", "-S", "verify_ledger.py", "comptes.jsonl", "checkpoint.json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and f"{Seal.objects.count()} entries" in done.stdout, done.stdout + done.stderr
    newest = json.loads((tmp_path / "checkpoint.json").read_text())
    assert newest["head"] in done.stdout and newest["root"] in done.stdout
    changed = (tmp_path / "comptes.jsonl").read_text().replace("1295000", "1295001")
    (tmp_path / "comptes.jsonl").write_text(changed)
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "FAULT" in done.stdout


def recomputed(folder, data: dict | None = None):
    """The scores counted again by the public program from the public file, in an empty folder."""
    (folder / "recompute_scores.py").write_bytes(fetch("recompute_scores.py"))
    (folder / "projets.json").write_bytes(fetch("projets.json") if data is None else json.dumps(data).encode())
    command = [sys.executable, "-I", "-S", "recompute_scores.py", "projets.json"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_every_score_is_recomputed_from_the_open_data_alone(fund, tmp_path):
    helpers.with_history(fund)
    done = recomputed(tmp_path)
    data = json.loads((tmp_path / "projets.json").read_text())
    scored = [row for row in data["projects"] if row["score"]]
    assert done.returncode == 0 and f"{len(scored)} scores recomputed and equal, 0 differ" in done.stdout, done.stderr
    assert len(scored) >= 3 and all(row["ballots"] for row in scored)
    assert all(row["ballots"] is None and not row["criteria"] for row in data["projects"] if not row["score"])
    # one half point changed, one score changed, one criterion emptied: each is named
    one, two, three = scored[:3]
    one["ballots"]["state"][one["criteria"][0]["code"]][0] -= 4
    two["score"] = "1.23"
    three["ballots"]["civil_society"][three["criteria"][0]["code"]] = []
    done = recomputed(tmp_path, data)
    assert done.returncode == 1 and all(row["reference"] in done.stdout for row in (one, two, three))
    assert "published 1.23" in done.stdout and "3 differ" in done.stdout and "cannot be recomputed" in done.stdout


def test_a_score_of_too_few_reviews_is_counted_and_not_told(fund, tmp_path):
    one = Assignment.objects.filter(application=fund.paid, seat__college="state").first()
    Assignment.objects.filter(pk=one.pk).update(state="withdrawn", closed_at=timezone.now())
    done = recomputed(tmp_path)
    assert done.returncode == 0 and "1 not recomputable: fewer than two reviews in a college" in done.stdout
    row = next(
        r
        for r in json.loads((tmp_path / "projets.json").read_text())["projects"]
        if r["reference"] == fund.paid.reference
    )
    assert row["ballots"] is None and row["criteria"] and row["ballots_withheld"] and row["score"] == "4.50"
    api = Client().get(f"/api/v1/projects/{fund.paid.reference}/").json()["scoring"]
    assert api["ballots"] is None and api["ballots_withheld"] == row["ballots_withheld"]
    other = Client().get(f"/api/v1/projects/{fund.known['signed'].reference}/").json()["scoring"]
    assert set(other["ballots"]) == {"civil_society", "state"} and other["ballots_withheld"] == ""


def test_the_script_of_the_documentation_runs(fund, tmp_path):
    page = (helpers.DATA.parent.parent / "docs" / "ledger.md").read_text()
    script = re.search(r"```python\n(.*?)```", page, re.DOTALL)[1]
    (tmp_path / "comptes.jsonl").write_bytes(fetch("comptes.jsonl"))
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(text("comptes/checkpoint.json"))["head"] in done.stdout


def test_the_table_of_the_ledger_is_that_of_the_canonical_file(fund):
    rows = list(csv.DictReader(io.StringIO(text("comptes.csv"))))
    records = [json.loads(line) for line in text("comptes.jsonl").splitlines()[1:]]
    said = [
        (str(record["entry"]["seq"]), record["hash"], line["envelope"], line["account"], line["cents"])
        for record in records
        for line in record["entry"]["postings"]
    ]
    assert said == [
        (row["seq"], row["hash"], row["envelope"], row["account"], round(float(row["amount"]) * 100)) for row in rows
    ]
    assert [record["entry"]["seq"] for record in records] == list(range(1, len(records) + 1))


def test_every_entry_of_the_page_has_its_proof(fund):
    from fund.ledger import hashes

    point = json.loads(text("comptes/checkpoint.json"))
    for seq in range(1, point["count"] + 1):
        proof = json.loads(text(f"comptes/preuves/{seq}.json"))
        path = [bytes.fromhex(step) for step in proof["path"]]
        leaf, root = bytes.fromhex(proof["hash"]), bytes.fromhex(point["root"])
        assert hashes.verify_inclusion(leaf, proof["index"], proof["count"], path, root)


@pytest.mark.parametrize(
    "name",
    [
        "comptes/preuves/0.json", "comptes/preuves/999.json", "comptes/preuves/99999999999999999999.json", "comptes/preuves/x.json",
        "comptes/preuves/", "comptes/preuves/?from=2&to=1", "comptes/preuves/?from=x&to=²", "comptes/preuves/?from=1&to=9999999999999999999",
        "projets.pdf", "comptes.xml", "rien",
    ],
)  # fmt: skip
def test_what_does_not_exist_is_a_404(fund, name):
    assert Client().get(f"/donnees/{name}").status_code == 404


# Two worlds.


def everything() -> dict[str, bytes]:
    """Every public page and file, but for what differs at random in two worlds."""
    found = {}
    for name in FILES:
        found[name] = fetch(name) if not name.endswith("xlsx") else b""
    for page in (
        "/",
        "/projets/",
        "/comptes/",
        "/statistiques/",
        "/donnees/",
        "/projets/?q=secret",
        "/comptes/?compte=reserved",
    ):
        found[page] = Client().get(page).content
    return found


def test_nothing_public_moves_while_a_decision_is_secret(fund, django_capture_on_commit_callbacks):
    """The same public bytes with the secret award voted and signed, and with it annulled: not a number, a time, a balance or a checkpoint."""
    from reviews.transitions import decisions

    before = everything()
    secret = fund.secret
    for content in before.values():
        assert secret.reference.encode() not in content and b"1234567" not in content and b"12345.67" not in content
        assert "12\u202f345".encode() not in content and secret.title.encode() not in content
    decision = helpers.Decision.objects.get(application=secret)
    with django_capture_on_commit_callbacks(execute=True):  # checkpoints are made after the commit
        decisions.annul(decision=decision, actor=fund.panel.presidents[0], reason="Une erreur de montant.")
    helpers.Application.objects.filter(pk=secret.pk).update(title="Un autre titre", summary="Autre", department="75")
    after = everything()
    assert [name for name in before if before[name] != after[name]] == []


def test_two_worlds_that_differ_in_secrets_alone_publish_the_same_set(fund):
    names = {grant.reference for grant in queries.published()}
    decision = helpers.Decision.objects.get(application=fund.secret)
    with no_guard():
        helpers.Decision.objects.filter(pk=decision.pk).update(amount=99)
    assert {grant.reference for grant in queries.published()} == names
    assert queries.summary().cents == 1_850_000 + 1_700_050 + 900_000 and queries.modified_at() is not None


# Caching.


@pytest.mark.parametrize("remembers", [False, True])
@pytest.mark.parametrize("name", FILES)
def test_a_file_is_answered_304_for_the_same_bytes(fund, name, remembers):
    public_cache.enable(remembers)
    try:
        address = f"/donnees/{name}"
        first, second = Client().get(address), Client().get(address)
        assert first.getvalue() == second.getvalue() and first["ETag"] == second["ETag"]
        assert first["Cache-Control"] == "public, max-age=0, must-revalidate" and not first.cookies
        assert first["Access-Control-Allow-Origin"] == "*"
        again = Client().get(address, headers={"if-none-match": first["ETag"]})
        assert again.status_code == 304 and not again.content
        head = Client().head(address)
        assert head.status_code == 200 and head["ETag"] == first["ETag"] and not head.getvalue()
        assert Client().post(address).status_code == 405
    finally:
        public_cache.enable(False)


def test_a_changed_name_changes_the_file_and_its_tag(fund):
    before = Client().get("/donnees/projets.csv")
    body = fund.paid.bearer_organisation
    type(body).objects.filter(pk=body.pk).update(name="Un nouveau nom")
    after = Client().get("/donnees/projets.csv", headers={"if-none-match": before["ETag"]})
    assert after.status_code == 200 and "Un nouveau nom" in after.getvalue().decode()
    stale = Client().get("/donnees/projets.csv", headers={"if-modified-since": before["Last-Modified"]})
    assert stale.status_code == 200


def test_the_archive_holds_every_file_and_a_dictionary_of_its_columns(fund):
    raw = fetch("tout.zip")
    assert fetch("tout.zip") == raw, "the same published set, the same bytes"
    with zipfile.ZipFile(io.BytesIO(raw)) as book:
        assert book.testzip() is None
        held = {name: book.read(name) for name in book.namelist()}
    page = Client().get("/donnees/").content.decode()
    listed = {name for name in re.findall(r'href="/donnees/([^"]+)"', page) if name != "tout.zip"}
    assert len(listed) == 20 and "projets.xlsx" in listed
    assert {name.rpartition("/")[2] for name in listed} | {"LISEZMOI.txt"} == held.keys()
    for name in listed:
        assert held[name.rpartition("/")[2]] == fetch(name), name
    said = list(csv.DictReader(io.StringIO(held["dictionnaire.csv"].decode())))
    for name in ("projets.csv", "subventions-scdl.csv", "comptes.csv", "appels.csv"):
        told = [row["colonne"] for row in said if row["fichier"] == name]
        there = held[name].decode().splitlines()[0].split(",")
        bands = [column for column in there if column.startswith("unfunded_score_")]
        assert sorted([column for column in there if column not in bands]) == sorted(
            column for column in told if not column.startswith("unfunded_score_")
        ), name
