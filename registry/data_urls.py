"""Open-data files: stable names, one language."""

from django.urls import path, re_path

from registry.views import commongrants, files

app_name = "data"
urlpatterns = [
    path("donnees/subventions-scdl.csv", files.scdl_csv, name="scdl"),
    path("donnees/360giving.json", files.giving_json, name="giving"),
    re_path(r"^donnees/projets\.(?P<extension>csv|json|xlsx)$", files.projects_file, name="projects"),
    re_path(r"^donnees/appels\.(?P<extension>csv|json)$", files.outcomes_file, name="outcomes"),
    re_path(r"^donnees/corrections\.(?P<extension>csv|json)$", files.corrections_file, name="corrections"),
    re_path(r"^donnees/comptes\.(?P<extension>csv|jsonl)$", files.ledger_file, name="ledger"),
    path("donnees/dictionnaire.csv", files.data_dictionary, name="dictionary"),
    path("donnees/tout.zip", files.everything, name="everything"),
    path("donnees/recompute_scores.py", files.recomputer, name="recomputer"),
    path("donnees/recompute_draw.py", files.redrawer, name="redrawer"),
    path("donnees/comptes/checkpoint.json", files.checkpoint_json, name="checkpoint"),
    path("donnees/comptes/checkpoints.jsonl", files.checkpoints_jsonl, name="checkpoints"),
    path("donnees/comptes/cle.pem", files.public_key, name="key"),
    path("donnees/comptes/verify_ledger.py", files.verifier, name="verifier"),
    re_path(r"^donnees/comptes/preuves/(?P<seq>[0-9]{1,15})\.json$", files.inclusion, name="inclusion"),
    path("donnees/comptes/preuves/", files.consistency, name="consistency"),
    path("donnees/catalogue.jsonld", files.dcat, name="dcat"),
    path("donnees/flux.atom", files.atom, name="atom"),
    path("projets/<str:reference>/flux.atom", files.project_atom, name="project_atom"),
    path("common-grants/opportunities", commongrants.opportunities, name="cg_opportunities"),
    path("common-grants/opportunities/<str:uid>", commongrants.opportunity, name="cg_opportunity"),
    path("common-grants/awards", commongrants.awards, name="cg_awards"),
    path("common-grants/awards/<str:uid>", commongrants.award, name="cg_award"),
    path("robots.txt", files.robots, name="robots"),
    path("sitemap.xml", files.sitemap, name="sitemap"),
]
