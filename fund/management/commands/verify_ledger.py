from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from fund.ledger.verify import Fault, verify


class Command(BaseCommand):
    help = "Compute the whole ledger anew: chain, tree, signatures, sums against columns, guards. Exit code 1 names the first fault."

    def add_arguments(self, parser):
        parser.add_argument(
            "--checkpoint",
            metavar="FILE",
            help="a published checkpoint.json or checkpoints.jsonl kept elsewhere: it must be a prefix of this ledger",
        )

    def handle(self, *args, **options):
        kept = None
        if options["checkpoint"]:
            try:
                kept = Path(options["checkpoint"]).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise CommandError(f"FAULT: the checkpoint file cannot be read: {error}") from error
        try:
            found = verify(
                kept,
                say=(lambda line: self.stdout.write(f"ok  {line}")) if options["verbosity"] > 0 else lambda line: None,
            )
        except Fault as fault:
            raise CommandError(f"FAULT: {fault}") from fault
        for line in found.warnings:
            self.stdout.write(f"WARNING  {line}")
        self.stdout.write(
            f"The ledger holds: {found.public} public entries of {found.entries}, {found.checkpoints} checkpoints, head {found.head or '-'}, root {found.root}"
        )
