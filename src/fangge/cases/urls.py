"""Pages of cases."""

from django.urls import path

from fangge.cases.views import (
    answers,
    board,
    case,
    files,
    inbox,
    indicators,
    lifecycle,
    live,
    report,
    routing,
)

app_name = "cases"
urlpatterns = [
    path("", inbox.show_inbox, name="inbox"),
    path("indicators", indicators.show_indicators, name="indicators"),
    path("routing", routing.show_routing, name="routing"),
    path("routing/<int:version>", routing.show_version, name="routing-version"),
    path("answers", answers.show_answers, name="answers"),
    path("answers/<slug:answer>", answers.show_answer, name="answer"),
    path("report", report.show_report, name="report"),
    path("nearby", report.show_nearby, name="nearby"),
    path("live", live.show_live, name="live"),
    path("bulk", inbox.act_in_bulk, name="bulk"),
    path("board", board.show_board, name="board"),
    path("triage", board.show_triage, name="triage"),
    path("holidays", board.show_holidays, name="holidays"),
    path("lifecycle", lifecycle.show_lifecycle, name="lifecycle"),
    path("lifecycle/begin", lifecycle.begin, name="begin-draft"),
    path("lifecycle/change", lifecycle.change, name="change-draft"),
    path("lifecycle/end", lifecycle.end, name="end-draft"),
    path("lifecycle/cases", lifecycle.take_over, name="take-over"),
    path("<slug:number>", case.show_case, name="case"),
    path("<slug:number>/receipt", report.show_receipt, name="receipt"),
    path("<slug:number>/act", case.act, name="act"),
    path("<slug:number>/files/<int:file_id>", files.show_file, name="file"),
    path("<slug:number>/files/<int:file_id>/small", files.show_small_file, name="small-file"),
]
