from core.management.commands import workflows
from fund.hands import documents


class Command(workflows.Command):
    help = "Write docs/who-does-what.md from the verbs; with --check, only tell whether it is up to date."
    name = "who_does_what"
    documents = staticmethod(documents)
