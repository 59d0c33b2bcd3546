from datetime import datetime
from zoneinfo import ZoneInfo
import cProfile, pstats, time
import pytest
from collections import Counter
from desks.demo import chance, clock, files, institution, meeting, money, panel
from desks.demo.timeline import Timeline
from desks.demo.world import World
from core import documents


@pytest.mark.django_db
def test_it(monkeypatch):
    spent=[0,0]
    real=documents.render
    def timed(*a,**k):
        t=time.time()
        try: return real(*a,**k)
        finally: spent[0]+=time.time()-t; spent[1]+=1
    monkeypatch.setattr(documents,"render",timed)
    t0=time.time()
    with chance.repeatable(42):
        w = World(Timeline(datetime(2026, 11, 26, 9, tzinfo=ZoneInfo("Europe/Paris"))))
        for room in (institution, clock, files, panel, meeting, money):
            room.plan(w)
        pr=None
        print(w.timeline.play())
        
    print(time.time()-t0, spent)
    for kind in ("files","calls","meetings"):
        print(kind, Counter(w.fresh(r).state for r in getattr(w,kind).values()))
