from django.urls import path

from registry.views import accounts, calls, history, pages, projects

app_name = "registry"
urlpatterns = [
    path("", pages.home, name="home"),
    path("projets/", projects.projects, name="projects"),
    path("projets/<str:reference>/", projects.project, name="project"),
    path("appels/<slug:slug>/commission/", calls.panel, name="panel"),
    path("appels/<slug:slug>/resultats/", calls.results, name="results"),
    path("comptes/", accounts.accounts, name="accounts"),
    path("statistiques/", pages.statistics, name="statistics"),
    path("donnees/", pages.data, name="data"),
    path("verifier/", accounts.verify, name="verify"),
    path("verifier/<str:code>/", accounts.verified, name="verified"),
    path("accessibilite/", pages.accessibility, name="accessibility"),
    path("aide/", pages.help_page, name="help"),
    path("instruction/historique/", history.history, name="history"),
]
