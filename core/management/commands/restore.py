from django.core.management.base import BaseCommand, CommandError

from core import backups


class Command(BaseCommand):
    help = "Put a backup back: every byte is checked against its manifest first. Stop the fund before; what is there now is replaced."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser):
        parser.add_argument("archive", metavar="IN", help="an archive made by `backup`")
        parser.add_argument("--force", action="store_true", help="replace a database that holds events")

    def handle(self, *args, archive, force, **options):
        try:
            manifest = backups.read(archive, force=force)
        except backups.BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Restored: {len(manifest['files'])} file(s), database as of {manifest['at']}. Run doctor and verify_ledger."
        )
