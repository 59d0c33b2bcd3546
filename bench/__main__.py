"""`python -m bench`: sets an empty instance up, fills it, measures. Started by scripts/bench.py, which makes the instance."""

from __future__ import annotations

import argparse
import logging
import time
from pathlib import Path

import django


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench.py",
        description="Measure the fund on this machine. Add --postgres to measure on PostgreSQL.",
    )
    parser.add_argument("--small", type=int, default=100, help="applications of the smaller fund (100)")
    parser.add_argument("--large", type=int, default=2_000, help="applications of the larger fund (2000)")
    parser.add_argument("--panel-files", type=int, default=20, metavar="N", help="files of the smaller panel (20)")
    parser.add_argument("--acts", type=int, default=20, help="applications filed, letters rendered (20)")
    parser.add_argument("--posts", type=int, default=2_000, help="entries posted to the ledger (2000)")
    parser.add_argument("--prove", action="store_true", help="the long figures of a release, written to --to")
    parser.add_argument("--steps", type=int, default=100_000, help="random acts against a model (100000)")
    parser.add_argument("--lives", type=int, default=100_000, help="random steps of whole grants (100000)")
    parser.add_argument(
        "--kill-stride", type=int, default=1, metavar="N", help="kill -9 at every N-th statement of a payment (1)"
    )
    parser.add_argument(
        "--presses",
        type=int,
        default=None,
        metavar="N",
        help="presses on awards, and on payments (1000, 200 on SQLite)",
    )
    parser.add_argument("--races", type=int, default=None, help="races for an envelope (3; 1000 with --prove)")
    parser.add_argument("--hands", type=int, default=20, help="awards at once in a race (20)")
    parser.add_argument("--writers", type=int, default=200, help="applicants who write at once (200)")
    parser.add_argument("--autosaves", type=int, default=50, help="autosaves a second (50)")
    parser.add_argument("--writing-seconds", type=int, default=60, metavar="S", help="for so long (60)")
    parser.add_argument(
        "--only", choices=["writing", "panels", "registry", "exports", "standards"], help="this part alone"
    )
    parser.add_argument(
        "--validated", type=int, default=100_000, metavar="N", help="grants whose files are held against the standards"
    )
    parser.add_argument(
        "--registry", type=int, nargs="+", default=[1_000, 10_000], metavar="N", help="published grants (1000 10000)"
    )
    parser.add_argument("--entries", type=int, default=1_000_000, help="entries of the ledger (1000000)")
    parser.add_argument("--solver-applications", type=int, default=3_000, metavar="N", help="(3000)")
    parser.add_argument("--solver-members", type=int, default=300, metavar="N", help="(300)")
    parser.add_argument("--panels", type=int, default=20, help="simulated calls of 300 files a figure of --prove (20)")
    parser.add_argument("--votes", type=int, default=100_000, help="random panels and votes of --prove (100000)")
    parser.add_argument("--to", type=Path, default=Path("docs/reliability.md"), help="where --prove writes")
    sizes = parser.parse_args()
    if sizes.races is None:
        sizes.races = 1000 if sizes.prove else 3
    return sizes


def set_up() -> None:
    """An instance as served, but for its tables (made at once), static files (left where they are) and logs (silent)."""
    from django.conf import settings

    settings.MIGRATION_MODULES = dict.fromkeys(settings.FUND_APPS)

    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    django.setup()
    logging.disable(logging.WARNING)
    from django.core.management import call_command

    call_command("migrate", run_syncdb=True, interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)


def bench(sizes: argparse.Namespace) -> None:
    from bench import deliberation, registry, standards, writers
    from bench.measure import Report

    report = Report()
    if sizes.only == "panels":
        deliberation.run(report, sizes.panel_files, sizes.large)
        return
    if sizes.only == "registry":
        registry.run(report, sizes.registry)
        return
    if sizes.only == "exports":
        registry.exports(report, sizes.registry)
        return
    if sizes.only == "standards":
        standards.run(report, sizes.validated)
        return
    if sizes.only != "writing":
        figures(report, sizes)
        deliberation.run(report, sizes.panel_files, sizes.large)
        registry.run(report, sizes.registry)
    report.title("Writing, on the served product")
    writers.run(report, sizes.writers, sizes.autosaves, sizes.writing_seconds)


def figures(report, sizes: argparse.Namespace) -> None:
    """Pages at two sizes, then the acts, in this process."""
    from django.utils import timezone

    from bench import pages, races, work
    from desks.demo import scale

    before: dict = {}
    for size in (sizes.small, sizes.large - sizes.small):
        if size <= 0:
            continue
        started = time.monotonic()
        scale.write(applications=size, grants=size // 2, members=20, at=timezone.now())
        report.title(f"Pages with {size if not before else sizes.large} applications")
        report.add(
            "filling the fund", f"{time.monotonic() - started:.1f} s", f"{size} applications, {size // 2} grants"
        )
        limit = pages.bare_table()
        report.add("limit: a bare table of 50 rows and 12 columns", f"{limit:.1f} ms CPU")
        before = pages.run(report, size, limit, before)
    report.title("Acts")
    limit = work.save_limit()
    report.add("limit: one row written in a transaction of its own", f"{limit:.2f} ms CPU")
    work.submit(report, limit, sizes.acts)
    work.papers(report, sizes.acts)
    work.ledger(report, limit, sizes.posts)
    races.run(report, sizes.races, sizes.hands, max(1, sizes.hands // 5))
    work.solver(report, sizes.solver_applications, sizes.solver_members)


def main() -> None:
    sizes = read_arguments()
    set_up()
    if sizes.prove:
        from bench import prove
        from bench.measure import Report

        prove.run(Report(), sizes, sizes.to)
    else:
        bench(sizes)


if __name__ == "__main__":
    main()
