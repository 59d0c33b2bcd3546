"""The base of every API resource: reads what the person may see, and one POST per verb, generated from the verbs themselves.

    class ApplicationResource(Resource):
        model = Application
        serializer_class = ApplicationSerializer            # may inherit WithTransitions
        params = {"withdraw": WithdrawParams}               # serializer of a verb's keywords; verbs without keywords need none
        filterset_fields = ["state"]

gives `GET /`, `GET /<reference>/` and `POST /<reference>/<verb>/`. A two-key verb is proposed (202, the act's reference); another person
approves it. Errors are problem details (core.api_errors); `Idempotency-Key` is honoured on every verb (core.idempotency).
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from typing import Any

from django.utils.http import parse_etags
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from core import two_key
from core.access import Rule, public, signed_in
from core.api_parser import LARGEST
from core.forms import OUR_YEARS
from core.idempotency import HEADER, api_once
from core.models import Machine
from core.transitions import VERBS, Refusal, Verb, offered


class Strict(serializers.Serializer):
    """What is sent and not known is said, never dropped in silence."""

    def to_internal_value(self, data):
        if isinstance(data, dict):
            unknown = [name for name in data if name not in self.fields]
            if unknown:
                raise serializers.ValidationError({str(name)[:60]: [_("Unknown field.")] for name in unknown[:20]})
        return super().to_internal_value(data)


class StrictScheme(OpenApiSerializerExtension):
    """How the published description tells it, with the bounds that the reader of JSON sets on every number (core.api_parser)."""

    target_class = Strict
    match_subclasses = True

    def map_serializer(self, auto_schema, direction):
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        for name, told in schema.get("properties", {}).items():
            if getattr(self.target.fields[name], "allow_empty", True) is False:
                told["minItems"] = 1
            _bound(told)
        return schema | {"additionalProperties": False}


def _bound(schema: dict) -> None:
    if schema.get("type") == "integer":
        schema.setdefault("minimum", -LARGEST)
        schema.setdefault("maximum", LARGEST)
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            _bound(schema[name])


class NoParams(serializers.Serializer):
    """A verb that needs nothing said: no name can be misspelt, and a program that sends the same body to every verb is not stopped."""


class Reason(Strict):
    """One sentence. An empty one is refused by the rule, in its own words."""

    reason = serializers.CharField(max_length=1000, allow_blank=True, default="")


class Instant(serializers.DateTimeField):
    """An instant of our time: years that calendars and time zones can add to."""

    def to_internal_value(self, value):
        return _our_time(super().to_internal_value(value))


class Day(serializers.DateField):
    def to_internal_value(self, value):
        return _our_time(super().to_internal_value(value))


def _our_time(moment):
    if moment.year not in OUR_YEARS:
        raise serializers.ValidationError(_("Give a year from 1900 to 2199."), code="invalid")
    return moment


class TransitionSerializer(serializers.Serializer):
    """A verb this person could do: now, or why not now."""

    verb = serializers.CharField()
    label = serializers.CharField()
    allowed = serializers.BooleanField()
    two_key = serializers.BooleanField()
    code = serializers.CharField(required=False)
    reason = serializers.CharField(required=False)
    remedy = serializers.CharField(required=False)
    article = serializers.CharField(required=False)


class ProposalSerializer(serializers.Serializer):
    """A two-key act that awaits its second key."""

    act = serializers.CharField()
    title = serializers.CharField()
    state = serializers.CharField()
    expires_at = serializers.DateTimeField()


def transition_of(name: str, label, refusal: Refusal | None, *, needs_two: bool = False) -> dict[str, Any]:
    entry: dict[str, Any] = {"verb": name, "label": str(label), "allowed": refusal is None, "two_key": needs_two}
    if refusal:
        entry |= {
            "code": refusal.code,
            "reason": str(refusal.reason),
            "remedy": str(refusal.remedy or ""),
            "article": refusal.article,
        }
    return entry


def transitions_of(row: Machine, user, at) -> list[dict[str, Any]]:
    """`available_transitions`: every verb of the row this person could ever do, with the reason of those refused now."""
    if not user.is_authenticated:
        return []
    return [
        transition_of(offer.name.rstrip("_"), offer.label, offer.refusal, needs_two=offer.verb.two_key is not None)
        for offer in offered(row, user, at)
    ]


class WithTransitions(serializers.Serializer):
    """Mixin of a resource's serializer: `available_transitions` on the page of one row (lists leave it out)."""

    available_transitions = serializers.SerializerMethodField()

    @extend_schema_field(TransitionSerializer(many=True))
    def get_available_transitions(self, row) -> list[dict[str, Any]]:
        request = self.context["request"]
        return transitions_of(row, request.user, request.received_at)

    def get_fields(self):
        fields = super().get_fields()
        view = self.context.get("view")
        if view is not None and getattr(view, "action", "") == "list" and not getattr(view, "swagger_fake_view", False):
            fields.pop("available_transitions", None)
        return fields


KEY = OpenApiParameter(
    HEADER,
    {"type": "string", "pattern": "^[!-~]{1,110}$"},
    OpenApiParameter.HEADER,
    description="Same key and body: same answer, one effect.",
)
MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description="The ETag that was read: 412 when the resource changed since."
)


def etag_of(data) -> str:
    """Of what this person was shown, and of nothing else."""
    return f'"{hashlib.sha256(JSONRenderer().render(data)).hexdigest()[:32]}"'


def with_etag(request, response: Response) -> Response:
    """The answer of a GET, or 304 when the client has it."""
    if response.status_code != 200 or request.method not in ("GET", "HEAD"):
        return response
    etag = etag_of(response.data)
    if {etag, "*"} & set(_tags(request, "If-None-Match")):
        response = Response(status=304)
    response["ETag"] = etag
    return response


def _tags(request, header: str) -> list[str]:
    return [tag.removeprefix("W/") for tag in parse_etags(request.headers.get(header, ""))]


def check_unchanged(request, current: Callable[[], str]) -> None:
    """`If-Match`: refuses when what the client read is no longer what is there."""
    wanted = _tags(request, "If-Match")
    if "If-Match" in request.headers and "*" not in wanted and current() not in wanted:
        raise Refusal(
            "precondition_failed",
            _("This changed since you read it."),
            remedy=_("Read it again, then send with its new ETag."),
            status=412,
        )


def readable_from_anywhere(response):
    """Pages of other sites may read it, its refusals included, ask whether it changed, and see its validator. No cookie is ever sent along."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
    response["Access-Control-Allow-Headers"] = "Accept, Accept-Language, If-None-Match"
    response["Access-Control-Expose-Headers"] = "ETag, Last-Modified, Content-Disposition, Retry-After"
    return response


class Open:
    """A public reading: the same bytes for everybody, whoever asks; kept by its ETag (304)."""

    access_rule: Rule = public
    authentication_classes: list = []
    permission_classes = [AllowAny]

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, with_etag(request, response), *args, **kwargs)
        if response.status_code in (200, 304):
            response["Cache-Control"] = "public, max-age=0, must-revalidate"
        return readable_from_anywhere(response)


class Resource(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """See the module. `model` has `visible_to(user)`; rows are found by `lookup_field` (default `reference`)."""

    model: type[Machine]
    access_rule: Rule = signed_in
    lookup_field = "reference"
    lookup_value_regex = r"[A-Za-z0-9._-]{1,60}"
    params: dict[str, type[serializers.Serializer]] = {}
    without: tuple[str, ...] = ()
    """Verbs that are not given here (they need a page, or belong to the clock)."""
    calls: dict[str, Callable] = {}
    """By verb: the function of `transitions` that chooses or completes it, where there is one."""
    deeds: dict[str, Callable] = {}
    """By name: acts that move no state, functions with a `.verb`. Given as the verbs are."""

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        model = cls.__dict__.get("model")
        if model is not None:
            answer = cls.__dict__.get("serializer_class") or cls.serializer_class
            acts = {verb.name: verb for verb in verbs_of(model, cls.params, cls.without)}
            acts |= {name: call.verb for name, call in cls.deeds.items()}
            for name, verb in acts.items():
                setattr(cls, f"act_{name}", _act(verb, name, cls.params.get(name, NoParams), answer))

    def retrieve(self, request, *args, **kwargs):
        return with_etag(request, super().retrieve(request, *args, **kwargs))

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return self.model._default_manager.none()
        return self.rows().visible_to(self.request.user)

    def rows(self):
        """The rows with what the serializer reads, before visibility."""
        return self.model._default_manager.all()

    def verb_params(self, verb: Verb, row, validated: dict) -> dict:
        """From what the serializer validated to the verb's keywords. Override to look up rows (by `visible_to`)."""
        return validated

    def do(self, verb: Verb, row, params: dict):
        """Run the verb, or propose it when it needs two keys."""
        request = self.request
        if verb.two_key:
            plain = {name: _as_text(value) for name, value in params.items()}
            return two_key.propose(verb, row, actor=request.user, at=request.received_at, params=plain)
        call = self.calls.get(verb.name, verb.call)
        return call(**{verb.call.keyword: row}, actor=request.user, at=request.received_at, **params)


def _as_text(value):
    """What a second key approves is plain JSON: instants and days as text."""
    return value.isoformat() if hasattr(value, "isoformat") else value


def verbs_of(model: type[Machine], params: dict, without: tuple[str, ...] = ()) -> list[Verb]:
    """The verbs an API resource offers: those of the machine that people do on an existing row and whose keywords can be given."""
    found = []
    for verb in VERBS.get(model.machine, {}).values():
        by_the_clock_only = verb.who and all(who.code == "CL" for who in verb.who)
        if verb.creates or verb.inner or by_the_clock_only or verb.name in without:
            continue
        if verb.name in params or not _required(verb):
            found.append(verb)
    return found


def _required(verb: Verb) -> list[str]:
    return [
        name
        for name, parameter in inspect.signature(verb.function).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and parameter.default is inspect.Parameter.empty
    ]


def _act(
    verb: Verb, name: str, params_class: type[serializers.Serializer], answer: type[serializers.Serializer] | None
):
    """The POST of one verb."""
    success: dict[Any, Any] = {202: ProposalSerializer} if verb.two_key else {200: answer or NoParams}

    @api_once
    def act(self, request, *args, **kwargs):
        row = self.get_object()
        check_unchanged(request, lambda: etag_of(self.get_serializer(row).data))
        given = params_class(data=request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        validated = dict(given.validated_data)
        if verb.two_key:
            params = self.verb_params(verb, row, validated)
            proposal = self.do(verb, row, params)
            body = {
                "act": proposal.reference,
                "title": proposal.title,
                "state": str(proposal.state),
                "expires_at": proposal.expires_at.isoformat(),
            }
            return Response(body, status=202)
        self.do(verb, row, self.verb_params(verb, row, validated))
        fresh = self.get_queryset().filter(pk=row.pk).first()
        if fresh is None:  # the act took the row out of this person's sight
            return Response({"reference": getattr(row, "reference", ""), "done": name})
        return Response(self.get_serializer(fresh).data)

    act.__name__ = act.__qualname__ = f"act_{name}"
    act.__doc__ = inspect.getdoc(verb.function) or str(name)
    name = name.rstrip("_")
    route = action(detail=True, methods=["post"], url_path=name, url_name=name.replace("_", "-"))(act)
    return extend_schema(
        request=None if params_class is NoParams else params_class, responses=success, parameters=[KEY, MATCH]
    )(route)
