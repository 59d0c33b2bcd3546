"""The team of a file: invited, changed, handed the lead."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from applications import transitions as files
from applications.api.common import FileActions, listing, number, words
from applications.enums import SectionCode, TeamRight
from applications.models import NameConsent, TeamMember
from core.api import KEY, Strict
from core.idempotency import api_once


class MemberSerializer(serializers.ModelSerializer):
    name = serializers.CharField(source="display_name")

    class Meta:
        model = TeamMember
        fields = [
            "id",
            "name",
            "email",
            "role",
            "description",
            "right",
            "areas",
            "signatory",
            "invited_at",
            "expires_at",
            "joined_at",
            "lead_offer_ends_at",
        ]


def _areas() -> serializers.MultipleChoiceField:
    return serializers.MultipleChoiceField(
        choices=SectionCode.choices, required=False, help_text="Sections this editor may write; empty for all"
    )


class Person(Strict):
    name = serializers.CharField(max_length=150)
    role = words(120)
    description = words(300)


class Invitation(Strict):
    email = serializers.EmailField(max_length=254)
    name = words(150)
    role = words(120)
    right = serializers.ChoiceField(choices=TeamRight.choices, required=False)
    areas = _areas()
    signatory = serializers.BooleanField(required=False)


class MemberChange(Strict):
    name = words(150)
    role = words(120)
    description = words(300)
    right = serializers.ChoiceField(choices=TeamRight.choices, required=False)
    areas = _areas()
    signatory = serializers.BooleanField(required=False)


class NameConsentSerializer(serializers.ModelSerializer):
    """What the person said, dated; the name is empty once it is taken back."""

    class Meta:
        model = NameConsent
        fields = ["name", "given_at", "withdrawn_at"]


class PublicName(Strict):
    name = serializers.CharField(max_length=150, help_text="As it will appear with the project")


HANDING_OVER = {
    verb.__name__: verb for verb in (files.offer_lead, files.withdraw_lead_offer, files.accept_lead, files.decline_lead)
}


class TeamActions(FileActions):
    def _members(self):
        application = self.of_team()
        return application.members.select_related("user").exclude(user=application.lead_id)

    @listing(MemberSerializer)
    def members(self, request, reference):
        """The team, the lead apart."""
        return self.shown(MemberSerializer, self._members().order_by("id"))

    @extend_schema(request=Person, responses={201: MemberSerializer}, parameters=[KEY])
    @members.mapping.post
    @api_once
    def add_member(self, request, reference):
        """Name someone who needs no account."""
        row = self.write(files.add_person, Person, application=self.of_team())
        return Response(MemberSerializer(row).data, status=201)

    @extend_schema(request=Invitation, responses={201: MemberSerializer}, parameters=[KEY])
    @action(detail=True, methods=["post"], url_path="members/invite")
    @api_once
    def invite_member(self, request, reference):
        """Invite someone to write or to read; the link leaves by mail."""
        row = self.write(files.invite_member, Invitation, application=self.of_team())
        return Response(MemberSerializer(row).data, status=201)

    def _member(self, number: str) -> TeamMember:
        return get_object_or_404(self._members().select_related("user", "application__call"), pk=number)

    @extend_schema(request=MemberChange, responses=MemberSerializer, parameters=[KEY, number("number")])
    @action(detail=True, methods=["patch"], url_path=r"members/(?P<number>[0-9]{1,12})")
    @api_once
    def member(self, request, reference, number):
        """Change what is said of a member."""
        row = self.write(files.change_member, MemberChange, member=self._member(number))
        return Response(MemberSerializer(row).data)

    @extend_schema(request=None, responses={204: None}, parameters=[number("number")])
    @member.mapping.delete
    @api_once
    def remove_member(self, request, reference, number):
        """Take someone off the team, or leave it."""
        self.write(files.remove_member, member=self._member(number))
        return Response(status=204)

    @extend_schema(
        operation_id="applications_members_hand_over",
        request=None,
        responses=MemberSerializer,
        parameters=[
            KEY,
            number("number"),
            OpenApiParameter("verb", str, OpenApiParameter.PATH, enum=list(HANDING_OVER)),
        ],
    )
    @action(
        detail=True,
        methods=["post"],
        url_path=r"members/(?P<number>[0-9]{1,12})/(?P<verb>" + "|".join(HANDING_OVER) + ")",
    )
    @api_once
    def hand_over(self, request, reference, number, verb):
        """Offer the lead to a member who has joined, or take the offer back; as that member, accept it or decline."""
        member = self._member(number)
        self.write(HANDING_OVER[verb], member=member)
        return Response(MemberSerializer(TeamMember.objects.select_related("user").get(pk=member.pk)).data)

    @listing(NameConsentSerializer, url_path="name-consents")
    def name_consents(self, request, reference):
        """What I said about being named with the project, oldest first; others say it for themselves."""
        rows = NameConsent.objects.filter(application=self.of_team(), user=request.user)
        return self.shown(NameConsentSerializer, rows.order_by("pk"))

    @extend_schema(request=PublicName, responses={201: NameConsentSerializer}, parameters=[KEY])
    @action(detail=True, methods=["post"], url_path="consent_to_be_named")
    @api_once
    def consent_to_be_named(self, request, reference):
        """Agree to be named with the project once it is public."""
        row = self.write(files.consent_to_be_named, PublicName, application=self.of_team())
        return Response(NameConsentSerializer(row).data, status=201)

    @extend_schema(request=None, responses={204: None}, parameters=[KEY])
    @action(detail=True, methods=["post"], url_path="withdraw_name_consent")
    @api_once
    def withdraw_name_consent(self, request, reference):
        """Take it back: the name leaves every page and file at once."""
        self.write(files.withdraw_name_consent, application=self.of_team())
        return Response(status=204)
