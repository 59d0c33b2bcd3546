import json
import os
from datetime import date, datetime
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import models, transaction
from django.utils import timezone

from core import backups

FORMAT = "fund-export/1"
WITHOUT = {"sessions", "contenttypes", "auth"}
SECRET = {"password", "token_hash", "key", "secret"}
"""Columns that open doors: nobody needs them elsewhere."""
SECRET_MODELS = {"mfa.Authenticator", "core.IdempotencyKey"}


def _plain(value):
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool | list | dict | None) else str(value)


def _models() -> list[type[models.Model]]:
    """Every table of the fund, many-to-many ones included, in a fixed order; without those whose model says that it leaves in no export
    (`in_exports = False`)."""
    found = [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed
        and model._meta.app_label not in WITHOUT
        and model._meta.label not in SECRET_MODELS
        and getattr(model, "in_exports", True)
    ]
    return sorted(found, key=lambda model: model._meta.label)


class Command(BaseCommand):
    help = (
        "Write everything the fund holds, table by table, as JSON that any program reads: for moving elsewhere, or for an archive. Passwords, tokens and "
        "second factors are left out; bank accounts are in clear: keep the file safe. Documents and pieces are named by their path in MEDIA_ROOT."
    )

    def add_arguments(self, parser):
        parser.add_argument("--json", required=True, metavar="OUT", help="file to write, readable by its owner only")

    def handle(self, *args, **options):
        target = Path(options["json"])
        handle = os.open(target, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        rows = 0
        with os.fdopen(handle, "w") as out, transaction.atomic():
            out.write(
                f'{{"format": {json.dumps(FORMAT)}, "at": {json.dumps(timezone.now().isoformat(timespec="seconds"))}, '
                f'"address": {json.dumps(settings.PUBLIC_BASE_URL)}, '
            )
            out.writelines(f"{json.dumps(name)}: {json.dumps(said)}, " for name, said in backups.statements().items())
            out.write('"tables": {')
            for number, model in enumerate(_models()):
                out.write(f"{',' if number else ''}\n{json.dumps(model._meta.label)}: [")
                rows += self._table(out, model)
                out.write("]")
            out.write("\n}}\n")
        if options["verbosity"]:
            self.stdout.write(f"{rows} rows written to {target}")

    def _table(self, out, model) -> int:
        names = [field.attname for field in model._meta.concrete_fields if field.name not in SECRET]
        count = 0
        for values in model._base_manager.order_by("pk").values_list(*names).iterator(chunk_size=2000):
            row = dict(zip(names, map(_plain, values), strict=True))
            out.write(f"{',' if count else ''}\n{json.dumps(row, ensure_ascii=False)}")
            count += 1
        return count
