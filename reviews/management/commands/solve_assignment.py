"""`manage.py solve_assignment --in INSTANCE.json --out PAIRS.json`: the panel's solver on a file, for whoever wants to check an assignment."""

import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from reviews import assignment


class Command(BaseCommand):
    requires_system_checks: list[str] = []  # it reads a file and writes one, nothing of the instance
    help = "Solve a paritary assignment given as a JSON instance (format paritary-assignment/1)."

    def add_arguments(self, parser):
        parser.add_argument("--in", dest="instance", required=True, help="the instance, JSON")
        parser.add_argument("--out", dest="answer", required=True, help="where to write the pairs, JSON")

    def handle(self, *args, instance, answer, **options):
        try:
            data = json.loads(Path(instance).read_text(encoding="utf-8"))
            solution = assignment.solve(assignment.read_instance(data))
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        Path(answer).write_text(
            json.dumps(assignment.write_solution(solution), ensure_ascii=False, separators=(",", ":")) + "\n",
            encoding="utf-8",
        )
        missing = ", ".join(f"{college}: {count}" for college, count in solution.missing.items())
        self.stdout.write(f"{len(solution.pairs)} pairs; missing reviews: {missing}")
