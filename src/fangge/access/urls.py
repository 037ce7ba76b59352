"""Where people sign in and out, and where looks are looked at."""

from django.urls import path

from fangge.access.views import (
    account,
    assigning,
    confirming,
    ledger,
    looking_after,
    office,
    passwords,
    second_factor,
    signing_in,
)

app_name = "access"
urlpatterns = [
    path("sign-in", signing_in.sign_in, name="sign-in"),
    path("sign-in/second", signing_in.second_step, name="second-step"),
    path("sign-in/passkey", signing_in.ask_for_key, name="ask-passkey"),
    path("sign-in/passkey/enter", signing_in.enter_by_key, name="enter-by-passkey"),
    path("sign-in/office", office.go, name="office"),
    path("sign-in/office/back", office.come_back, name="office-back"),
    path("sign-in/office/leave", office.leave, name="office-leave"),
    path("sign-out", signing_in.sign_out, name="sign-out"),
    path("confirm", confirming.confirm, name="confirm"),
    path("account", account.show, name="account"),
    path("account/password", passwords.change, name="change-password"),
    path("account/second-factor", second_factor.choose, name="second-factor"),
    path("account/code", second_factor.add_code_maker, name="add-code-maker"),
    path("account/code/remove", second_factor.drop_code_maker, name="drop-code-maker"),
    path("account/passkey/ask", second_factor.ask_new_passkey, name="ask-new-passkey"),
    path("account/passkey", second_factor.add_passkey, name="add-passkey"),
    path(
        "account/passkey/<int:passkey_id>/remove", second_factor.drop_passkey, name="drop-passkey"
    ),
    path("account/recovery-codes", second_factor.recovery_codes, name="recovery-codes"),
    path("account/sessions/others/end", account.end_others, name="end-other-sessions"),
    path("account/sessions/<int:session_id>/end", account.end_one, name="end-session"),
    path("account/seconds-left", account.seconds_left, name="seconds-left"),
    path("account/stay", account.stay, name="stay"),
    path("sign-ins", looking_after.show_all, name="sign-ins"),
    path("sign-ins/<int:staff_id>", looking_after.show_one, name="sign-in-of"),
    path("sign-ins/<int:staff_id>/password", looking_after.give_password, name="give-password"),
    path("sign-ins/<int:staff_id>/second-factor", looking_after.reset_factor, name="reset-factor"),
    path("sign-ins/<int:staff_id>/unlock", looking_after.unlock, name="unlock"),
    path("sign-ins/<int:staff_id>/end", looking_after.end_all, name="end-sessions-of"),
    path("sign-ins/<int:staff_id>/suspend", looking_after.suspend, name="suspend"),
    path("sign-ins/<int:staff_id>/restore", looking_after.restore, name="restore"),
    path("roles", assigning.show_matrix, name="roles"),
    path("duties", assigning.show_duties, name="duties"),
    path("duties/<int:assignment_id>/hand-over", assigning.give, name="hand-over"),
    path("staff", assigning.show_staff, name="staff"),
    path("staff/<int:staff_id>", assigning.show_person, name="person"),
    path("staff/<int:staff_id>/assign", assigning.assign, name="assign"),
    path("assignments/<int:assignment_id>/end", assigning.end, name="end-assignment"),
    path("ledger", ledger.show_ledger, name="ledger"),
    path("ledger/head", ledger.show_head, name="ledger-head"),
]
