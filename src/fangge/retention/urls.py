"""How long what is kept, and what is held back."""

from django.urls import path

from fangge.retention import views

app_name = "retention"
urlpatterns = [
    path("", views.show_retention, name="clocks"),
    path("holds", views.hold, name="hold"),
    path("holds/<int:hold_id>/release", views.release, name="release"),
]
