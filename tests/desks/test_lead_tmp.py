from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from desks.demo import chance, files, institution
from desks.demo.timeline import Timeline
from desks.demo.world import World


@pytest.mark.django_db
def test_it():
    with chance.repeatable(42):
        w = World(Timeline(datetime(2026, 11, 25, 9, tzinfo=ZoneInfo("Europe/Paris"))))
        institution.plan(w)
        files.plan(w)
        print(w.timeline.play(), [(k, f.state) for k, f in w.files.items()][:3])
