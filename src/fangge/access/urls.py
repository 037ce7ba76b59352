"""Where people sign in and out."""

from django.urls import path

from fangge.access import views

app_name = "access"
urlpatterns = [
    path("sign-in", views.sign_in, name="sign-in"),
    path("sign-out", views.sign_out, name="sign-out"),
]
