import difflib

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.authz import document


class Command(BaseCommand):
    help = "Write docs/authz.csv (route, method, role, relation, verdict) from the access rules; --check only tells whether it is up to date."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser):
        parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when it differs from the code")

    def handle(self, *args, **options):
        path = settings.BASE_DIR / "docs" / "authz.csv"
        text = document()
        present = path.read_text() if path.exists() else ""
        if present == text:
            self.stdout.write("docs/authz.csv is up to date.")
        elif options["check"]:
            changes = difflib.unified_diff(
                present.splitlines(), text.splitlines(), path.name, "from the code", n=0, lineterm=""
            )
            self.stdout.write("\n".join(list(changes)[:40]))
            raise CommandError("docs/authz.csv differs from the code. Run: manage.py authz")
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
            self.stdout.write(f"docs/authz.csv written, {text.count(chr(10)) - 1} rows")
