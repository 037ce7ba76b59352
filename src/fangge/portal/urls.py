"""The resident's pages under own/, and the desks of the staff who answer to them."""

from django.urls import path

from fangge.portal.views import claims, counter, door, follow, own, questions, rights

app_name = "portal"
urlpatterns = [
    path("own/", door.show_door, name="door"),
    path("own/leave", door.leave_visit, name="leave"),
    path("own/looks", own.show_looks, name="looks"),
    path("own/looks/<int:entry_id>/proof", own.show_proof, name="proof"),
    path("own/looks/<int:entry_id>/ask", own.ask, name="ask"),
    path("own/rights", rights.show_rights, name="rights"),
    path("own/copy", rights.copy, name="copy"),
    path("own/correct", rights.correct, name="correct"),
    path("own/delete", rights.delete, name="delete"),
    path("follow/", follow.show_follow, name="follow"),
    path("follow/case", follow.show_followed, name="followed"),
    path("follow/act", follow.act, name="follow-act"),
    path("follow/rate", follow.rate, name="follow-rate"),
    path("follow/leave", follow.leave, name="follow-leave"),
    path("desk/residents/<int:resident_id>/code", counter.issue, name="issue"),
    path("desk/questions/", questions.show_questions, name="questions"),
    path("desk/questions/<int:question_id>", questions.show_question, name="question"),
    path("desk/questions/<int:question_id>/answer", questions.answer, name="answer"),
    path("desk/claims/", claims.show_claims, name="claims"),
    path("desk/claims/<int:claim_id>", claims.show_claim, name="claim"),
    path("desk/claims/<int:claim_id>/rule", claims.rule, name="rule"),
]
