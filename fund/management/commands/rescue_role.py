"""`rescue_role ROLE MAIL --reason TEXT`: one role, only while nobody could approve it with two keys."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.models import User
from core.transitions import Refusal
from fund.enums import COLLEGE_ROLES, College, Role
from fund.management.people import person
from fund.transitions import roles


class Command(BaseCommand):
    help = "Give a role while no administrator and co-president could. Logged, and mailed to everyone who holds a role."

    def add_arguments(self, parser):
        parser.add_argument("role", choices=Role.values)
        parser.add_argument("mail")
        parser.add_argument("--reason", required=True)
        parser.add_argument(
            "--college", choices=College.values, default="", help="for a co-president or a panel member"
        )

    def handle(self, *args, **options):
        role, college = options["role"], options["college"]
        if (role in COLLEGE_ROLES) != bool(college):
            raise CommandError("--college is needed for a co-president or a panel member, and for nobody else")
        try:
            row = roles.rescue(
                user=person(options["mail"]),
                role=role,
                college=college,
                reason=options["reason"],
                actor=User.objects.system(),
                at=timezone.now(),
            )
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{row.user.email}: {row.role} {row.college}".rstrip())
