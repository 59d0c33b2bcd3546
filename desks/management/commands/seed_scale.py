from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from desks.demo import scale


class Command(BaseCommand):
    help = (
        "Add many files, grants and panel members in bulk, for measuring: the books stay balanced and the ledger verifiable. Nothing of it is the demo's. "
        "Refused unless FUND_DEMO is on."
    )

    def add_arguments(self, parser):
        for name in ("grants", "applications", "members"):
            parser.add_argument(f"--{name}", type=int, default=0, metavar="N")

    def handle(self, *args, **options):
        if not settings.FUND_DEMO:
            raise CommandError("The demo is off here: set FUND_DEMO=1 to allow made-up data.")
        wanted = {name: options[name] for name in ("grants", "applications", "members")}
        if any(count < 0 for count in wanted.values()):
            raise CommandError("Give numbers of zero or more.")
        made = scale.write(at=timezone.now(), **wanted)
        if options["verbosity"]:
            self.stdout.write(", ".join(f"{count} {name}" for name, count in made.items()))
