import json
from datetime import datetime, time
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from core.models import User
from core.models.user import SYSTEM_EMAIL
from desks.demo import story, told
from desks.demo.timeline import PARIS
from desks.demo.variants import STAGES


def instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--at {text}: give an instant such as 2026-11-26T09:00.") from None
    return found if found.tzinfo else found.replace(tzinfo=PARIS)


class Command(BaseCommand):
    help = (
        "Write the demonstration fund in an empty database, after migrate and createcachetable: accounts, calls at every stage, readings, meetings, "
        "decisions, payments, earlier grants. The same seed and instant give the same references, texts, tokens and secrets. Refused unless FUND_DEMO is on."
    )

    def add_arguments(self, parser):
        parser.add_argument("--seed", type=int, default=42, help="what chance is drawn from (42)")
        parser.add_argument("--at", help="the demo's now, ISO (default: today 09:00 in Paris)")
        parser.add_argument("--stage", choices=STAGES, help="stop the story of the main call at this stage")
        parser.add_argument("--variant", choices=["A", "B"], default="A", help="B differs in the listed secrets only")
        parser.add_argument("--json", metavar="OUT", help="write accounts, objects, secrets and canaries to this file")

    def handle(self, *args, **options):
        if not settings.FUND_DEMO:
            raise CommandError("The demo is off here: set FUND_DEMO=1 to allow demo accounts and data.")
        if User.objects.exclude(email=SYSTEM_EMAIL).exists():
            raise CommandError("The database is not empty: the demo is written once, in an empty one.")
        cache = settings.CACHES["default"]
        if (
            cache["BACKEND"].endswith("DatabaseCache")
            and cache["LOCATION"] not in connection.introspection.table_names()
        ):
            raise CommandError("The cache has no table yet: run manage.py createcachetable first.")
        at = instant(options["at"]) if options["at"] else self._today()
        world, keys = story.tell(at=at, seed=options["seed"], stage=options["stage"] or "", letter=options["variant"])
        if options["json"]:
            content = told.tell(world, keys, seed=options["seed"])
            Path(options["json"]).write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n")
        if options["verbosity"]:
            self.stdout.write(
                f"{len(world.people)} people, {len(world.calls)} calls, {len(world.data.applications)} files, as of {at:%Y-%m-%d %H:%M}."
            )

    def _today(self) -> datetime:
        return datetime.combine(timezone.now().astimezone(PARIS).date(), time(9), PARIS)
