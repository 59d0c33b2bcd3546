"""The files to read without a network: what is in the PDF, and who never finds what in it."""

from __future__ import annotations

import io
import re

import pikepdf
import pytest

from reviews.documents import bundle
from reviews.models import Assignment, Declaration
from reviews.queries import reviewing
from reviews.transitions import declarations
from reviews.views.members import printing
from tests.factories import reviews as make

pytestmark = pytest.mark.django_db


def outlines(content: bytes) -> list[str]:
    def walk(items):
        for item in items:
            yield item.title
            yield from walk(item.children)

    with pikepdf.open(io.BytesIO(content)) as document, document.open_outline() as outline:
        return list(walk(outline.root))


@pytest.fixture
def pages(monkeypatch):
    """What would be drawn, without drawing it."""
    found: list[str] = []
    monkeypatch.setattr(bundle, "draw", lambda page: found.append(page) or b"%PDF-")
    return found


def test_one_file_is_drawn_with_bookmarks_and_a_grid_last(at, as_user):
    made = make.reading(files=1)
    pair = Assignment.objects.select_related("seat__user", "application").first()
    response = as_user(pair.seat.user).get(f"/commission/dossiers/{pair.application.reference}/lecture.pdf")
    assert response.status_code == 200 and response.content.startswith(b"%PDF-")
    assert "no-store" in response["Cache-Control"] and response["Content-Disposition"].startswith("attachment")
    marks = outlines(response.content)
    assert pair.application.display_title in marks and pair.application.reference in marks[-1]
    assert (
        as_user(made.officer).get(f"/commission/dossiers/{pair.application.reference}/lecture.pdf").status_code == 403
    )


def test_all_my_files_come_by_lots_in_my_order(at, as_user, pages):
    made = make.reading(files=12, members=1, alternates=0, reviews_per_college=1)
    reader = made.members[make.CIVIL][0]
    browser, path = as_user(reader), f"/commission/lectures/{made.call.slug}/dossiers.pdf"
    mine = [row.application.reference for row in reviewing.open_assignments(reader, made.panel)]
    assert len(mine) == 12
    for lot, expected in ((1, mine[:10]), (2, mine[10:])):
        assert browser.get(f"{path}?lot={lot}").status_code == 200
        assert re.findall(r'<p class="ref">(FP-\S+)', pages[-1]) == expected
    assert browser.get(f"{path}?lot=3").status_code == 404 and browser.get(f"{path}?lot=x").status_code == 404
    desk = browser.get("/commission/").content.decode()
    assert f"{path}?lot=1" in desk and f"{path}?lot=2" in desk
    pages.clear()
    assert browser.head(f"{path}?lot=1").status_code == 200 and pages == []


def test_a_recused_or_undeclared_file_is_in_no_pdf(at, as_user, pages):
    made = make.reading(files=3, members=1, alternates=0, reviews_per_college=1)
    reader = made.members[make.CIVIL][0]
    browser = as_user(reader)
    first, second, third = made.files
    declaration = Declaration.objects.get(user=reader, application=first)
    declarations.declare_interest(declaration=declaration, actor=reader, ground="family_tie")
    Declaration.objects.filter(user=reader, application=second).update(state="required", declared_at=None)
    assert browser.get(f"/commission/lectures/{made.call.slug}/dossiers.pdf").status_code == 200
    assert third.reference in pages[-1]
    for closed in (first, second):
        assert closed.reference not in pages[-1] and closed.title not in pages[-1]
        assert browser.get(f"/commission/dossiers/{closed.reference}/lecture.pdf").status_code == 404


def test_a_blind_call_prints_nothing_of_the_applicant(at, as_user, pages):
    made = make.reading(files=1)
    type(made.call).objects.filter(pk=made.call.pk).update(blind=True)
    pair = Assignment.objects.select_related("seat__user", "application__lead").first()
    application = pair.application
    as_user(pair.seat.user).get(f"/commission/dossiers/{application.reference}/lecture.pdf")
    assert application.display_title in pages[-1]
    partner = application.partnerships.get().organisation.name
    for hidden in (str(application.lead), application.laureate_name, partner):
        assert hidden and hidden not in pages[-1]


def test_who_reads_a_file_for_the_meeting_only_has_no_grid(at, as_user, pages):
    made = make.reading(files=1, members=4, alternates=0)
    application = made.files[0]
    readers = set(Assignment.objects.values_list("seat__user", flat=True))
    other = next(person for person in made.everyone() if person.pk not in readers)
    assert as_user(other).get(f"/commission/dossiers/{application.reference}/lecture.pdf").status_code == 200
    assert 'class="grid"' not in pages[-1] and application.display_title in pages[-1]
    assert printing.bundle.LOT == 10
