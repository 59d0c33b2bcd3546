"""Whole grants lived at random through the verbs: right and wrong people, accidents in the middle of an act, the same request twice, time that passes.

After every step everything in `truth.py` holds; a refused or interrupted act leaves no row behind. `python -m tests.proofs.lives --steps 100000`.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import sys
from collections import Counter
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from django.db import connection

from tests.proofs.ground import own_fund

START = datetime(2026, 11, 24, 9, 0, tzinfo=ZoneInfo("Europe/Paris"))
MACHINES = (
    "decision appeal agreement amendment payee_account instalment payment_batch statement_line report recovery envelope"
).split()
NOT_OURS = {"envelope.create", "envelope.open", "envelope.carry", "envelope.close", "envelope.settle"} | {
    "decision.begin_signing",
    "decision.begin_signing_draft",  # decision.sign chooses between them
}
ENDS = set(
    """decision.annul agreement.decline agreement.terminate agreement.suspend amendment.refuse amendment.withdraw payee_account.block
    payee_account.refuse instalment.cancel instalment.refuse instalment.recall instalment.return_to_due payment_batch.cancel
    payment_batch.reject_file recovery.drop recovery.cancel recovery.waive recovery.write_off application.withdraw""".split()
)
ALWAYS_THERE = set(
    """appeal.file appeal.withdraw appeal.reject envelope.raise_ envelope.lower agreement.extend agreement.extend_signature agreement.observe
    payment_batch.remove instalment.hold instalment.suspend report.write report.revise
    report.reopen report.request_changes amendment.request statement_line.dismiss recovery.observe recovery.reduce""".split()
)
WAYS = (
    ("right",) * 30
    + ("accident",) * 6
    + ("stranger", "keys") * 4
    + ("any state", "again", "posted", "clock") * 2
    + ("time",)
)
LAPSES = [timedelta(minutes=7)] * 10 + [timedelta(hours=25)] * 4 + [timedelta(days=4), timedelta(days=12)]
STEPS_A_RUN = 200


class PowerCut(Exception):
    """What the act did not expect."""


class Accident:
    """Raises at the n-th thing an act asks of the database (its savepoints left alone: they are the cure)."""

    def __init__(self, nth: int):
        self.left = nth

    def __call__(self, execute, sql, params, many, context):
        if "SAVEPOINT" not in sql:
            self.left -= 1
            if self.left == 0:
                raise PowerCut
        return execute(sql, params, many, context)


class Lives:
    """One fund from the notification on; `step` is one turn, everything drawn as whole numbers."""

    def __init__(self, world):
        from core.models import Event

        self.world, self.seen, self.looked_at = world, Counter(), Counter()
        self.last_event = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0

    # ---- what could be done ----

    def candidates(self, *, in_state: bool = True) -> dict:
        """{verb: keys of the rows it could be done on}, of every verb of the money's machines."""
        from core.transitions import VERBS

        rows = states()
        parents = {
            "application": [
                key for key, state in rows["application"] if state in ("on_reserve", "selected", "rejected")
            ],
            "decision": [key for key, state in rows["decision"] if state == "notified"],
            "agreement": [key for key, _state in rows["agreement"]],
        }
        found: dict = {
            VERBS["bank_statement"]["import_statement"]: [None],
            VERBS["payment_batch"]["open_batch"]: [None],
        }
        for machine in MACHINES:
            for verb in VERBS[machine].values():
                if verb.inner or f"{machine}.{verb.name}" in NOT_OURS or verb in found:
                    continue
                if verb.creates:
                    found[verb] = parents[verb.call.keyword]
                else:
                    found[verb] = [key for key, state in rows[machine] if not in_state or state in verb.sources]
        leave = VERBS["application"]["withdraw"]
        found[leave] = [key for key, state in rows["application"] if state == "on_reserve"]
        return {verb: keys for verb, keys in found.items() if keys}

    def subject(self, verb, key):
        """The row an act is done on, or born of."""
        from core.transitions import VERBS

        if key is None:
            return None
        model = next(iter(VERBS[verb.call.keyword].values())).model if verb.creates else verb.model
        return model.objects.get(pk=key)

    def weight(self, verb) -> float:
        """Acts that end a life, and those that could be done at any time, are rarer: the others must get somewhere."""
        from payments.models import Agreement, PaymentBatch

        name = f"{verb.machine}.{verb.name}"
        if name == "bank_statement.import_statement":
            return 1.0 if PaymentBatch.objects.filter(state="exported").exists() else 0.05
        if name == "payee_account.record":
            bare = Agreement.objects.filter(state="accepted").exclude(
                payee_accounts__state__in=("recorded", "approved")
            )
            return 1.0 if bare.exists() else 0.15
        if name == "payment_batch.open_batch":
            return 0.05 if PaymentBatch.objects.filter(state="open").exists() else 1.0
        if name in ENDS:
            return 0.1
        return 0.15 if name in ALWAYS_THERE else 1.0

    def in_order(self, found: dict, chance) -> list:
        """Mostly what has a row this run has looked at least, for its weight, or it would turn among the acts that are possible at any time."""
        if chance.random() < 0.8:
            return sorted(found, key=lambda one: (1 + self.least(one, found[one])) / self.weight(one))
        return chance.sample(list(found), len(found))

    def least(self, verb, keys: list) -> int:
        return min(self.looked_at[verb, key] for key in keys)

    def row(self, verb, keys: list, row: int):
        """One of those this act was tried on least: those that came last get somewhere too."""
        least = self.least(verb, keys)
        keys = [key for key in keys if self.looked_at[verb, key] == least]
        return keys[row % len(keys)]

    def person(self, verb, obj, who: int):
        """Somebody to whom the act belongs."""
        codes = [one.code for one in (verb.two_key.proposes if verb.two_key else verb.who)]
        code = codes[who % len(codes)]
        code = "CP" if code == "AU" else code
        if code == "AP":
            return self.applicant(obj)
        group = self.world.people[code]
        usual = group[verb.name == "countersign_order"]  # another than who ordered
        return usual if who % 5 else group[who // 5 % len(group)]  # the second of each is a friend of one file

    def allowed(self, verb, obj, actor, params) -> bool:
        """Whether the screen would open this act; else another is looked for, so that lives get somewhere."""
        from core.transitions import Act, Refusal

        try:
            verb.check(Act(verb, obj, actor, self.world.at, params))
        except Refusal:
            return False
        return True

    def applicant(self, obj):
        row = obj
        for name in ("agreement", "decision", "application"):
            row = getattr(row, name, row)
        return self.world.leads.get(getattr(row, "reference", ""), self.world.people["none"][0])

    # ---- one turn ----

    def step(self, way: str, row: int, who: int, detail: int, nth: int) -> None:
        import time_machine

        from tests.proofs import truth

        chance = random.Random(f"{detail} {self.seen['steps']}")  # hypothesis likes to draw the same step again
        self.world.at += LAPSES[detail % len(LAPSES)] if way != "time" else timedelta(days=detail % 200)
        self.seen["steps"] += 1
        with time_machine.travel(self.world.at, tick=False):
            changed = self.turn(way, row, who, chance, nth)
            if changed:  # a refused or interrupted act left the rows as the last check found them: see `tried`
                self.held(truth.check)

    def held(self, check) -> None:
        """Everything of `truth` holds; else what was done before is told with it."""
        from core.models import Event

        try:
            self.last_event = check(self.world, self.last_event)
        except AssertionError as fault:
            last = Event.objects.exclude(machine="document").order_by("-pk")[:60]
            told = [f"{one.at:%F %H:%M} {one.subject} {one.machine}.{one.verb} {one.payload}" for one in reversed(last)]
            raise AssertionError("\n".join([str(fault), *told])) from fault

    def turn(self, way, row, who, chance, nth) -> bool:
        """Whether something was done."""
        from tests.proofs.world import params_of, render_all

        if way in ("clock", "time"):
            self.clock()
            return True
        if way == "keys":
            return self.second_key(row, who, chance)
        if chance.random() < 0.9:
            render_all()
        found = self.candidates(in_state=way != "any state")
        found = {verb: keys for verb, keys in found.items() if chance.random() < self.weight(verb)}
        if not found:
            return False
        for chosen in self.in_order(found, chance)[:6]:
            key = self.row(chosen, found[chosen], row)
            self.looked_at[chosen, key] += 1
            obj = self.subject(chosen, key)
            actor = self.person(chosen, obj, who)
            if way == "stranger":
                everyone = self.world.everyone()
                actor = everyone[who % len(everyone)]
            params = params_of(self.world, chosen, obj, chance)
            if params is not None and (way in ("stranger", "any state") or self.allowed(chosen, obj, actor, params)):
                break
        if params is None:
            return False
        if way == "posted" and self.posted_twice(chosen, obj, actor, params):
            return True
        interrupted = way == "accident" and self.tried(chosen, obj, actor, params, accident=nth) != "done"
        done = self.tried(chosen, obj, actor, params) == "done"
        if way == "again" and done:
            self.seen["again"] += 1
            self.tried(chosen, obj, actor, params)
        return done or (way == "accident" and not interrupted)

    def tried(self, verb, obj, actor, params, accident: int = 0) -> str:
        """Do it. Refused or interrupted, it leaves everything as it was."""
        from django.db import transaction

        from core import two_key
        from core.transitions import Refusal

        before, name = self.print(), f"{verb.machine}.{verb.name}"
        for uploaded in params.values():
            if hasattr(uploaded, "seek"):
                uploaded.seek(0)

        def act():
            if verb.two_key:
                two_key.propose(verb, obj, actor=actor, at=self.world.at, params=params)
            else:
                verb.call(**{verb.call.keyword: obj}, actor=actor, at=self.world.at, **params)

        try:
            with transaction.atomic():
                if accident:
                    with connection.execute_wrapper(Accident(accident)):
                        act()
                else:
                    act()
        except Refusal as refusal:
            self.seen["refused"] += 1
            assert str(refusal.reason), name
            assert self.print() == before, f"{name} was refused ({refusal.code}) and left something behind"
            return refusal.code
        except PowerCut:
            self.seen["accidents"] += 1
            assert self.print() == before, f"{name} was interrupted and left something behind"
            return "interrupted"
        return "done"

    def second_key(self, row: int, who: int, chance) -> bool:
        from django.db import transaction

        from core import two_key
        from core.models import TwoKeyAct
        from core.transitions import Refusal

        waiting = list(TwoKeyAct.objects.filter(state="proposed").order_by("pk"))
        if not waiting:
            return False
        act = waiting[row % len(waiting)]
        verb, _obj = two_key.target_of(act)
        codes = [one.code for one in verb.two_key.approves]
        group = self.world.people[codes[who % len(codes)]]
        actor = group[who % len(group)] if chance.random() < 0.8 else chance.choice(self.world.everyone())
        before = self.print()
        try:
            with transaction.atomic():
                two_key.approve(act, actor=actor, at=self.world.at)
        except Refusal as refusal:
            self.seen["refused"] += 1
            assert self.print() == before, (
                f"the second key of {verb.name} was refused ({refusal.code}) and left something"
            )
            return False
        return True

    def clock(self) -> None:
        from core.models import User
        from payments import tasks

        errors: list = []
        watch = logging.Handler(logging.ERROR)
        watch.emit = lambda record: errors.append(record.exc_info or record.getMessage())
        tasks.log.addHandler(watch)
        level, logging.root.manager.disable = logging.root.manager.disable, logging.NOTSET
        try:
            for job in (tasks.offers, tasks.going, tasks.settled, tasks.unsigned_amendments, tasks.report_reminders):
                self.seen["clock"] += job(self.world.at, User.objects.system())
        finally:
            tasks.log.removeHandler(watch)
            logging.root.manager.disable = level
        if errors:
            raise errors[0][1]
        self.nothing_is_stuck()

    def nothing_is_stuck(self) -> None:
        """Once the clock has run: no offer waits on an award that was taken back, no batch on payments that are all final."""
        from payments.models import Agreement, PaymentBatch

        for row in Agreement.objects.filter(state__in=("offered", "accepted")).select_related("decision"):
            assert row.decision.state == "notified", f"{row.reference} waits on a decision that is {row.decision.state}"
        for lot in PaymentBatch.objects.filter(state="exported"):
            assert lot.lines.filter(live=True, instalment__state="in_payment").exists(), (
                f"{lot.reference} waits for nothing"
            )

    def posted_twice(self, verb, obj, actor, params) -> bool:
        """The same request over the API, twice with one key: one effect, one answer."""
        from rest_framework.test import APIClient

        paths = {"instalment": "instalments", "payment_batch": "payment-batches", "agreement": "agreements"}
        if verb.machine not in paths or verb.creates or verb.two_key or obj is None:
            return False
        if not all(isinstance(value, str | int | list) for value in params.values()):
            return False
        name = obj.reference if verb.machine != "instalment" else f"{obj.agreement.reference}-{obj.number}"
        if "instalments" in params:
            params = {"instalments": [f"{one.agreement.reference}-{one.number}" for one in params["instalments"]]}
        client = APIClient()
        client.force_authenticate(actor)
        self.seen["posted"] += 1
        url, key = f"/api/v1/{paths[verb.machine]}/{name}/{verb.name}/", f"key-{self.seen['posted']}-{self.world.at:%s}"
        first = client.post(url, params, format="json", headers={"Idempotency-Key": key})
        between = self.print()
        second = client.post(url, params, format="json", headers={"Idempotency-Key": key})
        assert first.status_code < 500 and second.status_code == first.status_code, (url, first, second)
        assert self.print() == between, f"{url} posted twice did something twice"
        return first.status_code < 300

    def print(self) -> list:
        """Every state, balance and count that an act could leave behind."""
        found = []
        with connection.cursor() as cursor:
            for question in questions():
                cursor.execute(question)
                found.append(cursor.fetchall())
        return found


def states() -> dict[str, list[tuple[int, str]]]:
    """{machine: (key, state) of its rows}."""
    found = {}
    with connection.cursor() as cursor:
        for machine, question in zip(("application", *MACHINES), questions(), strict=False):
            cursor.execute(question)
            found[machine] = cursor.fetchall()
    return found


@cache
def questions() -> list[str]:
    """In SQL written once: they are asked before and after every act."""
    from applications.models import Application
    from core.models import Document, Event, Mail
    from core.transitions import VERBS
    from fund.models import Entry, Envelope, GrantAccount

    models = [Application, *(next(iter(VERBS[machine].values())).model for machine in MACHINES)]
    found = [model.objects.order_by("pk").values_list("pk", "state") for model in models]
    names = ("reserved", "committed", "ordered", "paid", "claimed", "returned", "certified", "awarded")
    found.append(GrantAccount.objects.order_by("pk").values_list(*(f"{name}_amount" for name in names)))
    found.append(Envelope.objects.order_by("pk").values_list("opened_amount", "free_amount"))
    counts = [f"SELECT COUNT(*) FROM {model._meta.db_table}" for model in (Entry, Event, Mail, Document)]  # noqa: S608
    return [*(str(one.query) for one in found), *counts]


def machine(world, seen: Counter):
    """The hypothesis machine: each run in a transaction of its own, rolled back."""
    import copy

    from django.db import transaction
    from hypothesis import strategies as st
    from hypothesis.stateful import RuleBasedStateMachine, rule

    from core.models import Event
    from fund.ledger.verify import verify

    numbers = st.integers(0, 2**16)

    class Run(RuleBasedStateMachine):
        def __init__(self):
            super().__init__()
            self.block = transaction.atomic()
            self.block.__enter__()
            self.lives = Lives(copy.copy(world))
            self.before = self.lives.last_event

        @rule(way=st.sampled_from(WAYS), row=numbers, who=numbers, detail=numbers, nth=st.integers(1, 60))
        def live(self, way, row, who, detail, nth):
            self.lives.step(way, row, who, detail, nth)

        def teardown(self):
            seen.update(self.lives.seen)
            since = Event.objects.filter(pk__gt=self.before, machine__in=MACHINES).values_list("machine", "verb")
            seen.update(f"{machine}.{verb}" for machine, verb in since)
            try:
                verify()
            finally:
                transaction.set_rollback(True)
                self.block.__exit__(None, None, None)

    return Run


def run(steps: int, same: bool = False) -> dict:
    """Live that many steps; `same`: the lives of every run of the tests, so that a change is judged by what it changed."""
    import time_machine
    from hypothesis import HealthCheck, Phase, settings
    from hypothesis.stateful import run_state_machine_as_test

    from tests.proofs.world import built

    with time_machine.travel(START, tick=False):
        world = built(START)
    seen: Counter = Counter()
    chosen = settings(
        max_examples=max(1, steps // STEPS_A_RUN),
        stateful_step_count=STEPS_A_RUN,
        deadline=None,
        database=None,
        derandomize=same,
        phases=[Phase.generate],  # a long life says enough as it is, and takes minutes to shorten
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine(world, seen), settings=chosen)
    return {"steps": steps, "seen": dict(sorted(seen.items())), "never": never(seen)}


def never(seen: Counter) -> list[str]:
    """The verbs of the money that these lives did not come to: in a short run many, in a long one what the model cannot reach."""
    from core.transitions import VERBS

    names = {f"{machine}.{verb}" for machine in MACHINES for verb in VERBS[machine]}
    return sorted(names - NOT_OURS - set(seen))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.proofs.lives", description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--same", action="store_true", help="the same lives each time, not others")
    given = parser.parse_args()
    with own_fund():
        found = run(given.steps, given.same)
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
