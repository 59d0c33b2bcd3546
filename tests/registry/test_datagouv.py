"""The dataset of data.gouv.fr kept like the catalogue: what is written there, what is left alone, what happens when it does not answer."""

from __future__ import annotations

import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.utils import timezone

from core.models import User
from registry import tasks
from registry.exports.catalogue import FILES
from tests.factories.fund import FundIdentityFactory

pytestmark = pytest.mark.django_db
KEY = "clef-de-l-essai"
THEIRS = {"id": "r-theirs", "url": "https://ailleurs.example/notice.pdf", "title": "Notice", "type": "documentation"}


@pytest.fixture
def service(settings):
    """A dataset as udata keeps it: known resources by their id, what is not sent stays."""
    kept = {
        "dataset": {"title": "Nos aides", "private": True, "tags": ["civique"], "resources": [dict(THEIRS)]},
        "asked": [],
        "status": 200,
    }

    class Udata(BaseHTTPRequestHandler):
        def _do(self):
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "null")
            kept["asked"].append((self.command, self.path, body, self.headers.get("X-API-KEY")))
            if kept["status"] == 200:
                self._keep(body)
            self.send_response(kept["status"])
            self.end_headers()
            self.wfile.write(json.dumps(kept["dataset"]).encode())

        def _keep(self, body):
            rows = kept["dataset"]["resources"]
            if self.command == "POST":
                rows.append(body | {"id": f"r-{len(rows)}", "metrics": {}})
            elif self.command == "PUT" and "/resources/" in self.path:
                name = self.path.strip("/").rpartition("/")[2]
                next(row for row in rows if row["id"] == name).update(body)
            elif self.command == "PUT":
                kept["dataset"].update({"private": False} | body)

        do_GET = do_POST = do_PUT = _do

        def log_message(self, *args):
            """Silent."""

    server = HTTPServer(("127.0.0.1", 0), Udata)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    settings.DATA_GOUV_DATASET = f"http://127.0.0.1:{server.server_port}/api/1/datasets/nos-aides"
    settings.DATA_GOUV_KEY = KEY
    FundIdentityFactory()
    yield kept
    server.shutdown()
    thread.join()
    server.server_close()


def push() -> int:
    return tasks.push_catalogue(timezone.now(), User.objects.system())


def writes(service) -> list[tuple[str, str]]:
    return [(method, path) for method, path, _body, _key in service["asked"] if method != "GET"]


def test_every_file_of_the_catalogue_is_there_once_and_a_second_time_changes_nothing(service):
    assert push() == 1 + len(FILES)
    rows = {row["url"]: row for row in service["dataset"]["resources"]}
    ours = [f"http://127.0.0.1:8000/donnees/{name}" for name, _title, _media in FILES]
    assert set(rows) == {*ours, THEIRS["url"]} and rows[THEIRS["url"]] == THEIRS
    essential = rows[ours[0]]
    assert essential["schema"] == {"name": "scdl/subventions", "version": "2.1.1"}
    assert (essential["format"], essential["filetype"], essential["type"]) == ("csv", "remote", "main")
    assert essential["title"] == "Données essentielles des subventions (SCDL 2.1.1)"
    assert {key for *_rest, key in service["asked"]} == {KEY}
    before = len(service["asked"])
    assert push() == 0 and [one[0] for one in service["asked"][before:]] == ["GET"]


def test_what_people_wrote_there_stays(service):
    push()
    dataset = service["dataset"]
    assert (dataset["title"], dataset["private"], dataset["license"]) == ("Nos aides", True, "lov2")
    assert set(dataset["tags"]) == {"civique", "subvention", "subventions", "innovation-civique"}
    assert "0 aides pour 0.00 euros" in dataset["description"]


def test_one_that_was_changed_there_is_put_right_alone(service):
    push()
    changed = service["dataset"]["resources"][2]
    changed["title"] = "Autre chose"
    done = len(writes(service))
    assert push() == 1
    assert writes(service)[done:] == [("PUT", f"/api/1/datasets/nos-aides/resources/{changed['id']}/")]


@pytest.mark.parametrize("status", [401, 404, 500, 302])
def test_a_refusal_is_said_without_the_key_and_harms_nothing(service, status, caplog):
    service["status"] = status
    with caplog.at_level(logging.WARNING, logger="fund.registry"):
        assert push() == 0
    (record,) = caplog.records
    assert record.facts == {"error": f"status {status}"}
    assert writes(service) == [] and KEY not in caplog.text


def test_nobody_there(service, settings):
    settings.DATA_GOUV_DATASET = "http://127.0.0.1:9/api/1/datasets/x"
    assert push() == 0


@pytest.mark.parametrize("name", ["DATA_GOUV_DATASET", "DATA_GOUV_KEY"])
def test_nothing_is_asked_unless_both_settings_say_so(service, settings, name):
    setattr(settings, name, "")
    assert push() == 0 and service["asked"] == []
