from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core import catalogues


class Command(BaseCommand):
    help = (
        "French catalogues, one per app. `catalogue fund` takes the English strings of fund's code and templates into its catalogue and keeps what is "
        "translated; `--check` writes nothing and fails on what is missing; `--compile` makes the files Django reads."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser):
        parser.add_argument("apps", nargs="*", help="apps; all when none is named")
        parser.add_argument(
            "--check",
            action="store_true",
            help="list what is missing, stale, untranslated or fuzzy; exit 1 if anything",
        )
        parser.add_argument("--compile", action="store_true", help="write the .mo files")

    def handle(self, *args, **options):
        every = list(settings.FUND_APPS)
        apps = options["apps"] or every
        if unknown := [app for app in apps if app not in every]:
            raise CommandError(f"No such app: {', '.join(unknown)}. Apps: {', '.join(every)}.")
        try:
            if options["compile"]:
                count = catalogues.compile_all(settings.BASE_DIR)
                self.stdout.write(f"{count} catalogue(s) compiled.")
            if options["check"]:
                self._check(apps, every)
            elif not options["compile"]:
                self._extract(apps, every)
        except catalogues.CatalogueError as error:
            raise CommandError(str(error)) from error

    def _extract(self, apps, every):
        for app in apps:
            catalogue = catalogues.merge(settings.BASE_DIR, app, every)
            changed = catalogues.write(settings.BASE_DIR, app, catalogue)
            empty = sum(1 for entry in catalogue if not entry.translated())
            path = catalogues.po_path(settings.BASE_DIR, app).relative_to(settings.BASE_DIR)
            self.stdout.write(
                f"{path}: {len(catalogue)} strings, {empty} to translate{'' if changed else ' (unchanged)'}"
            )
        catalogues.compile_all(settings.BASE_DIR)

    def _check(self, apps, every):
        found = [fault for app in apps for fault in catalogues.faults(settings.BASE_DIR, app, every)]
        found += [fault for fault in catalogues.conflicts(settings.BASE_DIR, every) if fault.app in apps]
        for fault in found:
            self.stdout.write(str(fault))
        if found:
            raise CommandError(
                f"{len(found)} fault(s). Run `manage.py catalogue {' '.join(sorted({fault.app for fault in found}))}` and fill in the French."
            )
        self.stdout.write(f"Catalogues complete: {', '.join(apps)}.")
