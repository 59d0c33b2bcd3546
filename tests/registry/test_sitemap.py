"""What search engines are told: public pages only, each of which answers."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from defusedxml import ElementTree

from fund.models import Envelope
from tests.factories.fund import CallFactory
from tests.registry import helpers

pytestmark = pytest.mark.django_db


def addresses(client) -> list[str]:
    answer = client.get("/sitemap.xml")
    assert answer.status_code == 200 and answer["Content-Type"] == "application/xml"
    tree = ElementTree.fromstring(b"".join(answer.streaming_content))
    return [place.text for place in tree.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]


def test_every_address_of_the_sitemap_is_a_public_page(client):
    fund = helpers.with_money(helpers.a_fund())
    draft = CallFactory(state="draft", envelope=Envelope.objects.first())
    found = [urlsplit(address).path for address in addresses(client)]
    assert len(found) == len(set(found)) and f"/projets/{fund.paid.reference}/" in found
    assert f"/appels/{draft.slug}/" not in found
    for path in found:
        assert client.get(path).status_code == 200, path


def test_robots_are_sent_to_the_sitemap_and_nowhere_private(client):
    helpers.a_fund()
    text = b"".join(client.get("/robots.txt").streaming_content).decode()
    assert "Disallow: /dossiers/" in text and "Disallow: /projets/" not in text
    assert text.splitlines()[-1] == "Sitemap: " + addresses(client)[0] + "sitemap.xml"


@pytest.mark.parametrize("path", ["/robots.txt", "/sitemap.xml"])
def test_they_are_not_sent_again_when_nothing_changed(client, path):
    helpers.a_fund()
    first = client.get(path)
    assert client.get(path, headers={"If-None-Match": first["ETag"]}).status_code == 304
