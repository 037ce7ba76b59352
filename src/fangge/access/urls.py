"""Where people sign in and out, and where looks are looked at."""

from django.urls import path

from fangge.access import views

app_name = "access"
urlpatterns = [
    path("sign-in", views.sign_in, name="sign-in"),
    path("sign-out", views.sign_out, name="sign-out"),
    path("ledger", views.show_ledger, name="ledger"),
    path("ledger/head", views.show_head, name="ledger-head"),
]
