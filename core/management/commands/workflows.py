import difflib

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.workflows import documents


class Command(BaseCommand):
    help = "Write docs/workflows.md and docs/states.json from the code; with --check, only tell whether they are up to date."
    requires_system_checks: list[str] = []
    name = "workflows"
    documents = staticmethod(documents)

    def add_arguments(self, parser):
        parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when they differ from the code")

    def handle(self, *args, **options):
        late = []
        for path, text in self.documents(settings.BASE_DIR).items():
            present = path.read_text() if path.exists() else ""
            if present == text:
                continue
            late.append(path.name)
            if options["check"]:
                changes = difflib.unified_diff(
                    present.splitlines(), text.splitlines(), path.name, "from the code", n=0, lineterm=""
                )
                self.stdout.write("\n".join(list(changes)[:40]))
            else:
                path.write_text(text)
                self.stdout.write(f"{path.relative_to(settings.BASE_DIR)} written")
        if late and options["check"]:
            raise CommandError(f"{', '.join(late)} differ from the code. Run: manage.py {self.name}")
        if not late:
            self.stdout.write("Up to date.")
