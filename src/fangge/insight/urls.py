"""The home page."""

from django.urls import path

from fangge.insight import views

app_name = "insight"
urlpatterns = [path("", views.home, name="home")]
