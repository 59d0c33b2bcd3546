from django.urls import path

from reviews.views.meetings import clear, dissent, draw, live, paper, papers, plan, rehearsal, room

urlpatterns = [
    path("commission/seances/", live.my_meetings, name="meetings"),
    path("commission/seances/<int:pk>/", live.meeting, name="meeting"),
    path("commission/seances/<int:pk>/en-direct/", room.follow, name="meeting_live"),
    path("commission/seances/<int:pk>/salle/", room.wall, name="wall"),
    path("commission/seances/<int:pk>/salle/en-direct/", room.follow_wall, name="wall_live"),
    path("commission/seances/<int:pk>/liste/", papers.adopt_list, name="meeting_list"),
    path("commission/seances/<int:pk>/proces-verbal/", papers.my_minutes, name="minutes"),
    path("commission/seances/<int:pk>/sans-debat/", clear.clear_files, name="clear_files"),
    path("commission/seances/<int:pk>/desaccord/<int:item>/", dissent.dissent, name="dissent"),
    path("commission/seances/<int:pk>/papier/", paper.paper, name="meeting_paper"),
    path("commission/seances/<int:pk>/repetition/", rehearsal.rehearse, name="rehearsal"),
    path("commission/seances/<int:pk>/tirages/", draw.my_draws, name="draws"),
    path("instruction/seances/<int:pk>/tirages/", draw.conduct_draws, name="conduct_draws"),
    path("instruction/seances/", live.meeting_desk, name="meeting_desk"),
    path("instruction/seances/<int:pk>/", live.conduct, name="conduct"),
    path("instruction/seances/<int:pk>/en-direct/", room.follow_conduct, name="conduct_live"),
    path("instruction/seances/<int:pk>/salle/", room.conduct_wall, name="conduct_wall"),
    path("instruction/seances/<int:pk>/salle/en-direct/", room.follow_conduct_wall, name="conduct_wall_live"),
    path("instruction/seances/<int:pk>/ordre-du-jour/", plan.change, name="meeting_agenda"),
    path("instruction/seances/<int:pk>/liste/", papers.conduct_list, name="conduct_list"),
    path("instruction/seances/<int:pk>/proces-verbal/", papers.conduct_minutes, name="conduct_minutes"),
    path("instruction/seances/<int:pk>/sans-debat/", clear.conduct_clear, name="conduct_clear"),
    path("instruction/seances/<int:pk>/papier/", paper.conduct_paper, name="conduct_paper"),
    path("instruction/seances/<int:pk>/repetition/", rehearsal.conduct_rehearsal, name="conduct_rehearsal"),
    path("instruction/commission/<slug:slug>/convoquer/", plan.plan, name="meeting_plan"),
]
