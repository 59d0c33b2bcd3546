import json
from dataclasses import asdict

from django.core.management.base import BaseCommand

from core import checks


class Command(BaseCommand):
    help = "Is this installation well? Every check in one line; exit code 1 if one fails."

    def add_arguments(self, parser):
        parser.add_argument("checks", nargs="*", help=f"only these, among: {', '.join(checks.CHECKS)}")
        parser.add_argument("--json", action="store_true", help="[{check, ok, detail}…]")

    def handle(self, *args, **options):
        results = checks.run(options["checks"])
        if options["json"]:
            self.stdout.write(json.dumps([asdict(result) for result in results], ensure_ascii=False, indent=1))
        else:
            for result in results:
                self.stdout.write(f"{'ok    ' if result.ok else 'FAILED'}  {result.check:<14} {result.detail}")
        if not all(result.ok for result in results):
            raise SystemExit(1)
