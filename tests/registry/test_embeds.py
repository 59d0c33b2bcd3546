"""Pages for a frame: framed by anybody, they alone; no script, no form, no cookie; the published set as everywhere."""

from __future__ import annotations

import html

import pytest
from django.test import Client

from fund.models import FundIdentity
from registry import transitions
from tests.registry.test_publications import change

pytestmark = pytest.mark.django_db


def policy(answer) -> dict[str, str]:
    return dict(part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";") if part.strip())


def test_they_alone_may_be_framed_and_run_nothing(fund):
    for address in (f"/integrer/projets/{fund.paid.reference}/", "/integrer/execution/", "/en/integrer/execution/"):
        answer = Client().get(address)
        text = answer.content.decode()
        assert answer.status_code == 200 and "X-Frame-Options" not in answer, address
        said = policy(answer)
        assert said["frame-ancestors"] == "*" and said["script-src"] == said["form-action"] == "'none'"
        assert "<script" not in text and "<form" not in text and not answer.cookies and "Vary" not in answer
        again = Client().get(address, headers={"if-none-match": answer["ETag"]})
        assert again.status_code == 304 and policy(again)["frame-ancestors"] == "*" and "X-Frame-Options" not in again
    for address in (f"/projets/{fund.paid.reference}/", "/statistiques/", "/integrer/projets/FP-2026-XXXXXXXX/"):
        answer = Client().get(address)
        assert answer["X-Frame-Options"] == "DENY" and policy(answer)["frame-ancestors"] == "'none'", address


def test_the_lines_to_copy_lead_to_the_frame(fund):
    for address, frame in (
        (f"/projets/{fund.paid.reference}/", f"/integrer/projets/{fund.paid.reference}/"),
        ("/statistiques/", "/integrer/execution/"),
        ("/en/statistiques/", "/en/integrer/execution/"),
    ):
        text = html.unescape(Client().get(address).content.decode())
        line = text[text.index("<iframe") : text.index("</iframe>")]
        assert f'{frame}"' in line and 'src="http' in line and "title=" in line


def test_a_bar_says_what_its_textures_mean(fund):
    for address in (f"/integrer/projets/{fund.paid.reference}/", "/integrer/execution/"):
        text = Client().get(address).content.decode()
        legend = text[text.index('class="legend') : text.index("</ul>")]
        assert "Payé" in legend and "12\u202f950\u00a0€" in legend and legend.count("<svg") == legend.count("<li>") > 1


def test_a_frame_of_a_demonstration_says_so(fund):
    FundIdentity.objects.update(fictional_notice="Données inventées")
    for address in (f"/integrer/projets/{fund.paid.reference}/", "/integrer/execution/"):
        assert "Démonstration" in Client().get(address).content.decode()


def test_a_card_says_what_the_registry_says(fund, project, hands):
    address = f"/integrer/projets/{project.reference}/"
    text = Client().get(address).content.decode()
    assert project.title in text and "18\u202f500" in text
    change(project, hands, transitions.unpublish, ground="safety")
    text = Client().get(address).content.decode()
    assert project.title not in text and project.reference in text
    for hidden in (fund.secret, fund.refused):
        assert Client().get(f"/integrer/projets/{hidden.reference}/").status_code == 404
