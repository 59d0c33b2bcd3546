from django.urls import path

from desks import account, api, views

app_name = "desks"
urlpatterns = [
    path("api/docs/", api.docs, name="api_docs"),
    path("mon-espace/", views.my_space, name="my_space"),
    path("mon-espace/mes-donnees/", account.my_data, name="my_data"),
    path("mon-espace/supprimer/", account.delete_account, name="delete_account"),
    path("instruction/", views.instruction, name="instruction"),
    path("dossiers/<str:reference>/", views.spine, name="spine"),
]
