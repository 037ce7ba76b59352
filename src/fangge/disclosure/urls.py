"""Files that were taken along and counts that were refused, for the auditor."""

from django.urls import path

from fangge.disclosure import views

app_name = "disclosure"
urlpatterns = [path("", views.show_exports, name="exports")]
