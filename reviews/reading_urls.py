from django.urls import path

from reviews.views import composing, deciding, instruction, members, readings, results

urlpatterns = [
    path("commission/", members.desk, name="desk"),
    path("commission/declarations/<slug:slug>/", members.declare, name="declare"),
    path("commission/dossiers/<str:reference>/", members.file, name="file"),
    path("commission/dossiers/<str:reference>/pieces/<int:pk>/", members.piece, name="piece"),
    path("commission/dossiers/<str:reference>/lecture.pdf", members.print_file, name="print_file"),
    path("commission/lectures/<slug:slug>/dossiers.pdf", members.print_files, name="print_files"),
    path("commission/classement/<slug:slug>/", members.ranking, name="ranking"),
    path("commission/deports/<slug:slug>/", readings.recusals, name="recusals"),
    path("commission/siege/<slug:slug>/", composing.my_seat, name="my_seat"),
    path("commission/decisions/<slug:slug>/", members.sign, name="sign"),
    path("commission/decisions/dossiers/<str:reference>/rediger/", deciding.draft, name="draft"),
    path("instruction/commission/", instruction.panel_list, name="panel_list"),
    path("instruction/commission/<slug:slug>/", instruction.panel, name="panel"),
    path("instruction/commission/<slug:slug>/composition/", composing.compose, name="compose"),
    path("instruction/commission/<slug:slug>/sieges/", composing.seats, name="seats"),
    path("instruction/commission/<slug:slug>/repartition/", readings.proposal, name="proposal"),
    path("instruction/commission/<slug:slug>/repartition/pourquoi/", results.why, name="why"),
    path("instruction/commission/<slug:slug>/repartition/resultats/", results.results, name="results"),
    path("instruction/commission/<slug:slug>/repartition/resultats/<int:pk>.json", results.proof, name="proof"),
    path("instruction/commission/<slug:slug>/classement/", instruction.ranking, name="staff_ranking"),
    path("instruction/dossiers/<str:reference>/irrecevabilite/", instruction.ineligible, name="ineligible"),
    path("instruction/decisions/", instruction.decision_list, name="decision_list"),
    path("instruction/decisions/<slug:slug>/", instruction.decision_desk, name="decisions"),
    path("instruction/recours/", deciding.appeal_list, name="appeal_list"),
    path("instruction/recours/<int:pk>/", deciding.appeal, name="appeal"),
    path("dossiers/<str:reference>/decision/", deciding.decision, name="decision"),
    path("dossiers/<str:reference>/retirer-de-l-examen/", deciding.leave, name="leave"),
]
