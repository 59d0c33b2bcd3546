import json

from django.core.management.base import BaseCommand

from core.routes import routes


class Command(BaseCommand):
    help = "Every address: path, name, methods, app, access rule, whether it is public."

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="[{path, name, methods, app, rule, public}…]")

    def handle(self, *args, **options):
        found = routes()
        if options["json"]:
            self.stdout.write(json.dumps([route.as_dict() for route in found], ensure_ascii=False, indent=1))
            return
        for route in found:
            self.stdout.write(
                f"{route.path:<60} {','.join(route.methods) or 'any':<16} {route.rule or 'NO RULE':<22} {route.app}  {route.name or ''}"
            )
