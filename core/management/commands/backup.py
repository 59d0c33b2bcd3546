from django.core.management.base import BaseCommand, CommandError

from core import backups


class Command(BaseCommand):
    help = "Write database, documents and attachments into one .tar.gz, while the fund runs. Keys are not in it: keep them (var/env) apart."

    def add_arguments(self, parser):
        parser.add_argument("out", metavar="OUT", help="the archive to write; it must not exist")

    def handle(self, *args, out, **options):
        try:
            manifest = backups.write(out)
        except backups.BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{out}: {manifest['database']['engine']}, {len(manifest['files'])} file(s), {manifest['at']}"
        )
