from django.urls import path

from desks import account, api, keeping, views

app_name = "desks"
urlpatterns = [
    path("api/docs/", api.docs, name="api_docs"),
    path("confidentialite/", keeping.privacy, name="privacy"),
    path("mon-espace/", views.my_space, name="my_space"),
    path("mon-espace/mes-donnees/", account.my_data, name="my_data"),
    path("mon-espace/supprimer/", account.delete_account, name="delete_account"),
    path("instruction/", views.instruction, name="instruction"),
    path("dossiers/<str:reference>/", views.spine, name="spine"),
]
