from django.urls import path

from registry.views import accounts, calls, duty, embeds, follow, history, pages, projects, publications, questions

app_name = "registry"
urlpatterns = [
    path("", pages.home, name="home"),
    path("projets/", projects.projects, name="projects"),
    path("projets/<str:reference>/", projects.project, name="project"),
    path("projets/<str:reference>/questions/", questions.of_project, name="project_questions"),
    path("projets/<str:reference>/questions/poser/", questions.ask_on_project, name="ask_on_project"),
    path("projets/<str:reference>/suivre/", follow.of_project, name="follow_project"),
    path("suivre/", follow.of_fund, name="follow"),
    path("suivre/confirmer/<str:token>/", follow.confirm, name="follow_confirm"),
    path("suivre/arreter/<str:token>/", follow.leave, name="follow_leave"),
    path("integrer/projets/<str:reference>/", embeds.project, name="embed_project"),
    path("integrer/execution/", embeds.execution, name="embed_execution"),
    path("organisations/<str:siren>/", projects.organisation, name="organisation"),
    path("appels/<slug:slug>/questions/", questions.of_call, name="call_questions"),
    path("appels/<slug:slug>/questions/poser/", questions.ask_on_call, name="ask_on_call"),
    path("instruction/questions/", questions.desk, name="questions"),
    path("instruction/questions/<str:reference>/", questions.one, name="question"),
    path("appels/<slug:slug>/commission/", calls.panel, name="panel"),
    path("appels/<slug:slug>/resultats/", calls.results, name="results"),
    path("corrections/", publications.corrections, name="corrections"),
    path("instruction/donnees-essentielles/", duty.listing, name="duty"),
    path("instruction/publications/", publications.listing, name="publications"),
    path("instruction/publications/<str:reference>/", publications.one, name="publication"),
    path("comptes/", accounts.accounts, name="accounts"),
    path("statistiques/", pages.statistics, name="statistics"),
    path("donnees/", pages.data, name="data"),
    path("verifier/", accounts.verify, name="verify"),
    path("verifier/<str:code>/", accounts.verified, name="verified"),
    path("accessibilite/", pages.accessibility, name="accessibility"),
    path("aide/", pages.help_page, name="help"),
    path("instruction/historique/", history.history, name="history"),
    path("instruction/historique/<int:pk>/", history.history_file, name="history_file"),
]
