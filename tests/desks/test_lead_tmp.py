import pytest
from datetime import datetime
from zoneinfo import ZoneInfo
from desks.demo.world import World
from desks.demo.timeline import Timeline
from desks.demo import institution, chance, files
@pytest.mark.django_db
def test_it():
    with chance.repeatable(42):
        w=World(Timeline(datetime(2026,11,25,9,tzinfo=ZoneInfo("Europe/Paris"))))
        institution.plan(w); files.plan(w)
        print(w.timeline.play(), [(k,f.state) for k,f in w.files.items()][:3])
