"""`bootstrap_fund --administrator MAIL --civil MAIL --state MAIL`: the first three people, once."""

from django.core.management.base import BaseCommand, CommandError

from core.models import User
from core.transitions import Refusal
from fund.management.people import person
from fund.transitions import roles


class Command(BaseCommand):
    help = "Name the first administrator and the two co-presidents, once, while no role was ever granted."

    def add_arguments(self, parser):
        parser.add_argument("--administrator", required=True, metavar="MAIL", help="who proposes roles and settings")
        parser.add_argument("--civil", required=True, metavar="MAIL", help="co-president of the civil society college")
        parser.add_argument("--state", required=True, metavar="MAIL", help="co-president of the State college")

    def handle(self, *args, **options):
        try:
            rows = roles.bootstrap(**{name: person(options[name]) for name in ("administrator", "civil", "state")})
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        for row in rows:
            self.stdout.write(f"{row.user.email}: {row.role} {row.college}".rstrip())
        without = User.objects.filter(pk__in=[row.user_id for row in rows], password__startswith="!")  # noqa: S106
        for user in without:
            self.stdout.write(f"{user.email} chooses a password at /connexion/ (forgotten password).")
