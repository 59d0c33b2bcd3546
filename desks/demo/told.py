"""What a seeded demo holds, as plain data: accounts, objects by state, secrets, canaries."""

from __future__ import annotations

import hashlib
import secrets
from collections import defaultdict
from datetime import timedelta

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.apps import apps

from applications.models import Application
from core.models import ApiToken, User
from core.models.machine import Machine
from desks.demo.world import World
from fund.models import RoleGrant
from reviews.enums.reading import ACTIVE_ASSIGNMENTS
from reviews.models import Assignment, Declaration

FORMAT = "fund-demo/1"
TOKEN_DAYS = 365
WITH_SECOND_FACTOR = ("civil8", "etat8")
"""A second factor is offered, not forced: these two have one, everyone else signs in with the password."""


def give_keys(world: World, seed: int) -> dict[str, dict[str, str]]:
    """An API token and a second-factor secret for each account, the same for the same seed."""
    keys = {}
    for key, user in world.people.items():
        token, totp = f"demo_{secrets.token_urlsafe(24)}", _base32(f"{seed}/{user.email}")
        ApiToken.objects.create(
            user=user,
            label="Démonstration",
            token_hash=ApiToken.digest(token),
            may_write=True,
            created_at=world.timeline.at,
            expires_at=world.timeline.at + timedelta(days=TOKEN_DAYS),
        )
        if key in WITH_SECOND_FACTOR:
            TOTP.activate(user, totp)
            Authenticator.objects.filter(user=user).update(created_at=world.timeline.at)
        keys[key] = {"api_token": token, "totp_secret": totp}
    return keys


def _base32(text: str) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    return "".join(alphabet[byte % 32] for byte in hashlib.sha256(text.encode()).digest())


def tell(world: World, keys: dict, *, seed: int) -> dict:
    """What `--json` writes."""
    secrets_ = world.variant.secrets
    return {
        "format": FORMAT,
        "seed": seed,
        "at": world.timeline.at.isoformat(),
        "stage": world.variant.stage or None,
        "variant": world.variant.letter,
        "main_call": world.calls[world.variant.main_call].slug,
        "accounts": _accounts(world, keys),
        "objects": _objects(),
        "applications": {key: world.files[key].reference for key in world.data.applications if key in world.files},
        "secrets": [{**one, "reference": _reference(world, one["where"])} for one in secrets_],
        "canaries": sorted(one["canary"] for one in secrets_ if "canary" in one),
    }


def _reference(world: World, where: str) -> str | None:
    row = world.files.get(where.split("/")[0])
    return row.reference if row is not None else None


def _accounts(world: World, keys: dict) -> list[dict]:
    roles, readings, recusals, leads = (defaultdict(list) for _ in range(4))
    for grant in RoleGrant.objects.filter(state="granted").order_by("id"):
        roles[grant.user_id].append({"role": grant.role, "college": grant.college or None})
    pairs = Assignment.objects.filter(state__in=ACTIVE_ASSIGNMENTS).select_related("application", "seat")
    for pair in pairs.order_by("application__reference"):
        readings[pair.seat.user_id].append({"reference": pair.application.reference, "state": pair.state})
    for left in Declaration.objects.filter(state="recused").select_related("application").order_by("id"):
        recusals[left.user_id].append({"reference": left.application.reference, "ground": left.ground})
    for file in Application.objects.order_by("reference"):
        leads[file.lead_id].append({"reference": file.reference, "state": file.state})
    found = []
    for key, row in world.data.people.items():
        user: User = world.people[key]
        found.append(
            {
                "key": key,
                "email": user.email,
                "name": user.name,
                "password": world.data.password,
                "documented": row["is_demo_account"],
                "second_factor": key in WITH_SECOND_FACTOR,
                **keys[key],
                "roles": roles[user.pk],
                "assignments": readings[user.pk],
                "recusals": recusals[user.pk],
                "applications": leads[user.pk],
            }
        )
    return found


def _objects() -> dict[str, dict[str, list]]:
    """Every row with a state, by kind and state: its reference, or its number where it has none."""
    found: dict[str, dict[str, list]] = {}
    for model in apps.get_models():
        if not issubclass(model, Machine) or not model.machine:
            continue
        names = {field.name for field in model._meta.fields}
        name = next((one for one in ("reference", "slug", "code") if one in names), "pk")
        states: dict[str, list] = defaultdict(list)
        for row in model._base_manager.order_by("pk").values("state", name):
            states[row["state"]].append(row[name])
        found[model.machine] = dict(sorted(states.items()))
    return found
