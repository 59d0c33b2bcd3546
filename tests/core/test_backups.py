"""A backup holds everything as of one instant, is checked before it is put back, and replaces nothing by accident."""

import json
import os
import shutil
import subprocess
import sys
import tarfile

import pytest

from core import backups

pytestmark = pytest.mark.slow


class Instance:
    """An installation of its own, driven by its commands."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        self.environment = os.environ | {"DATA_DIR": str(folder), "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}"}
        (folder / "media" / "documents").mkdir(parents=True)
        (folder / "media" / "documents" / "lettre.pdf").write_bytes(b"%PDF-1.7 kept")

    def run(self, *command, code=None):
        words = (
            [sys.executable, "manage.py", *command]
            if code is None
            else [sys.executable, "-c", f"import django; django.setup()\n{code}"]
        )
        return subprocess.run(words, env=self.environment, capture_output=True, text=True)

    def count(self) -> str:
        return self.run(code="from core.models import User; print(User.objects.count())").stdout.strip()


@pytest.fixture(scope="module")
def migrated(tmp_path_factory):
    """Its database, taken through every migration once for all the tests of this file."""
    made = Instance(tmp_path_factory.mktemp("backups") / "first")
    done = made.run("migrate", "-v0")
    assert done.returncode == 0, done.stderr
    made.run(
        code="from core.models import User; [User.objects.create_user(f'p{n}@demo.example') for n in range(3)]; User.objects.system()"
    )
    return made.folder


@pytest.fixture
def instance(migrated, tmp_path):
    made = Instance(tmp_path / "one")
    shutil.copytree(migrated, made.folder, dirs_exist_ok=True)
    return made


def test_there_and_back(instance, tmp_path):
    before = instance.count()
    out = tmp_path / "backup.tar.gz"
    done = instance.run("backup", str(out))
    assert done.returncode == 0, done.stderr
    assert out.stat().st_mode & 0o077 == 0
    assert "exists already" in instance.run("backup", str(out)).stderr
    with tarfile.open(out) as archive:
        manifest = json.load(archive.extractfile("manifest.json"))
        assert archive.extractfile("media/documents/lettre.pdf").read() == b"%PDF-1.7 kept"
    assert list(manifest["files"]) == ["documents/lettre.pdf"] and manifest["format"] == backups.FORMAT
    other = Instance(tmp_path / "two")
    (other.folder / "media" / "documents" / "lettre.pdf").write_bytes(b"something else")
    done = other.run("restore", str(out))
    assert done.returncode == 0, done.stderr
    assert other.count() == before
    assert (other.folder / "media" / "documents" / "lettre.pdf").read_bytes() == b"%PDF-1.7 kept"


def test_a_damaged_archive_changes_nothing(instance, tmp_path):
    out = tmp_path / "backup.tar.gz"
    instance.run("backup", str(out))
    content = bytearray(out.read_bytes())
    content[len(content) // 2] ^= 0xFF
    out.write_bytes(content)
    other = Instance(tmp_path / "two")
    done = other.run("restore", str(out))
    assert done.returncode != 0 and "CommandError" in done.stderr
    assert (
        other.folder / "media" / "documents" / "lettre.pdf"
    ).read_bytes() == b"%PDF-1.7 kept" and other.count() == ""


def test_a_database_in_use_is_not_replaced_by_accident(instance, tmp_path):
    out = tmp_path / "backup.tar.gz"
    instance.run("backup", str(out))
    code = (
        "from core.models import Event, User; from django.utils import timezone; "
        "Event.objects.create(at=timezone.now(), actor=User.objects.system(), machine='x', object_id=1, verb='y')"
    )
    instance.run(code=code)
    assert "--force" in instance.run("restore", str(out)).stderr
    done = instance.run("restore", "--force", str(out))
    assert done.returncode == 0, done.stderr
    assert instance.run(code="from core.models import Event; print(Event.objects.count())").stdout.strip() == "0"


def test_rooms_say_their_own_in_backups_and_exports(instance, tmp_path):
    """The ledger gives its newest checkpoint: a copy kept elsewhere proves by itself that nothing before it was changed."""
    made = instance.run(
        code="from tests.factories import ledger as books; from fund.ledger import checkpoint; books.envelope(500); checkpoint(books.AT)"
    )
    assert made.returncode == 0, made.stderr
    instance.run("backup", str(tmp_path / "backup.tar.gz"))
    with tarfile.open(tmp_path / "backup.tar.gz") as archive:
        said = json.load(archive.extractfile("manifest.json"))["ledger"]
    assert said["count"] == 1 and len(said["signature"]) == 128
    done = instance.run("export_all", "--json", str(tmp_path / "all.json"))
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "all.json").read_text())["ledger"] == said
    (tmp_path / "kept.json").write_text(json.dumps(said))
    assert instance.run("verify_ledger", "--checkpoint", str(tmp_path / "kept.json")).returncode == 0
