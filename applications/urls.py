"""Pages of the file: the applicant's, the partner's and the team's links, the case officers'."""

from django.urls import path

from applications.views import (
    consents,
    files,
    filing,
    instruction,
    links,
    messages,
    partners,
    pieces,
    reading,
    team,
    uploads,
    writing,
)

app_name = "applications"
urlpatterns = [
    path("mes-dossiers/", files.my_files, name="my_files"),
    path("appels/<slug:slug>/candidater/", files.start, name="start"),
    path("dossiers/<str:reference>/ecrire/<slug:code>/", writing.section, name="section"),
    path("dossiers/<str:reference>/ecrire/<slug:code>/auto/", writing.autosave, name="autosave"),
    path("dossiers/<str:reference>/equipe/", team.team, name="team"),
    path("dossiers/<str:reference>/nom-public/", consents.of_file, name="name_consent"),
    path("mon-espace/noms-publics/", consents.mine, name="name_consents"),
    path("dossiers/<str:reference>/partenaires/", partners.partners, name="partners"),
    path("dossiers/<str:reference>/pieces/", pieces.pieces, name="pieces"),
    path("dossiers/<str:reference>/pieces/<int:pk>/", pieces.piece, name="piece"),
    path("dossiers/<str:reference>/pieces/envois/", uploads.begin, name="uploads"),
    path("dossiers/<str:reference>/pieces/envois/<uuid:pk>/", uploads.upload, name="upload"),
    path("dossiers/<str:reference>/verifier/", filing.check, name="check"),
    path("dossiers/<str:reference>/lire/", reading.read, name="read"),
    path("dossiers/<str:reference>/complements/", filing.answer, name="answer"),
    path("dossiers/<str:reference>/retirer/", filing.withdraw, name="withdraw"),
    path("dossiers/<str:reference>/messages/", messages.of_applicant, name="messages"),
    path("dossiers/<str:reference>/messages/pieces/<int:pk>/", messages.file_of_applicant, name="messages_file"),
    path("partenariat/suivi/<str:token>/", links.follow, name="follow"),
    path("partenariat/<str:token>/", links.partnership, name="partnership"),
    path("equipe/<str:token>/", links.join, name="join"),
    path("instruction/dossiers/", instruction.queue, name="queue"),
    path("instruction/dossiers/export.csv", instruction.export, name="export"),
    path("instruction/dossiers/recevables/", instruction.declare_many, name="declare_many"),
    path("instruction/dossiers/codes/", instruction.codes, name="codes"),
    path("instruction/dossiers/<str:reference>/", instruction.file, name="file"),
    path("instruction/dossiers/<str:reference>/messages/", messages.of_staff, name="staff_messages"),
    path(
        "instruction/dossiers/<str:reference>/messages/pieces/<int:pk>/",
        messages.file_of_staff,
        name="staff_messages_file",
    ),
    path("instruction/dossiers/<str:reference>/complements/", instruction.ask, name="ask"),
]
