from django.urls import path

from desks import views

app_name = "desks"
urlpatterns = [
    path("mon-espace/", views.my_space, name="my_space"),
    path("dossiers/<str:reference>/", views.spine, name="spine"),
]
