"""Pages of every role at two sizes of the fund, against a bare table of fifty rows drawn by Django."""

from __future__ import annotations

from collections import Counter

from django.core.cache import cache
from django.db import connection
from django.template import Context, engines
from django.test import Client
from django.test.utils import CaptureQueriesContext

from applications.models import Application
from bench.measure import Report, cpu
from core.models import User

PAGES = (
    ("", "/"),
    ("", "/projets/"),
    ("", "/projets/?q=jardin"),
    ("", "/comptes/"),
    ("", "/statistiques/"),
    ("instruction", "/instruction/"),
    ("instruction", "/instruction/dossiers/?etat=all"),
    ("instruction", "/instruction/dossiers/?etat=all&q=FP-2026"),
    ("civil1", "/commission/"),
    ("ordonnateur", "/paiements/"),
    ("comptable", "/paiements/"),
    ("instruction", "/mon-espace/"),
)
COLUMNS = (
    "pk reference title state created_at submitted_at requested_amount commune department "
    "summary duration_months applicant_name"
).split()
TABLE = (
    "<table>{% for row in rows %}<tr>" + "".join(f"<td>{{{{ row.{name} }}}}</td>" for name in COLUMNS) + "</tr>"
    "{% endfor %}</table>"
)


def bare_table() -> float:
    """CPU milliseconds of a page that does nothing but a query and a table."""
    template = engines["django"].from_string(TABLE).template

    def draw():
        return template.render(Context({"rows": Application.objects.order_by("-pk")[:50]}))

    return cpu(draw, 9)


def browser(who: str) -> Client:
    client = Client(SERVER_NAME="127.0.0.1", raise_request_exception=True)
    if who:
        user = User.objects.get(email=f"{who}@demo.example")
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def visit(client: Client, path: str) -> bytes:
    answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answers {answer.status_code}")
    return b"".join(answer) if answer.streaming else answer.content


def run(report: Report, size: int, limit: float, before: dict[str, float]) -> dict[str, float]:
    """One line a page; `before` the CPU of the same pages of a smaller fund."""
    spent = {}
    for who, path in PAGES:
        client = browser(who)
        visit(client, path)

        def cold(client=client, path=path):
            cache.clear()
            return visit(client, path)

        with CaptureQueriesContext(
            connection,
        ) as queries:
            body = cold()
        own = [query["sql"] for query in queries.captured_queries if "core_cache" not in query["sql"]]
        most = max(Counter(own).values(), default=0)
        key = f"{path} {who}".strip()
        spent[key] = cpu(cold, 3)
        growth = f", x{spent[key] / before[key]:.2f} since the smaller fund" if key in before else ""
        report.add(
            key,
            f"{spent[key]:.1f} ms CPU",
            f"{spent[key] / limit:.1f} bare tables, {len(own)} SQL (top {most}), {len(body) / 1000:.0f} kB{growth}",
        )
    return spent
