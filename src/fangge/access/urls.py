"""Where people sign in and out, and where looks are looked at."""

from django.urls import path

from fangge.access.views import ledger, signing_in

app_name = "access"
urlpatterns = [
    path("sign-in", signing_in.sign_in, name="sign-in"),
    path("sign-out", signing_in.sign_out, name="sign-out"),
    path("ledger", ledger.show_ledger, name="ledger"),
    path("ledger/head", ledger.show_head, name="ledger-head"),
]
