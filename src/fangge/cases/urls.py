"""Pages of cases."""

from django.urls import path

from fangge.cases.views import case, files, inbox, report

app_name = "cases"
urlpatterns = [
    path("", inbox.show_inbox, name="inbox"),
    path("report", report.show_report, name="report"),
    path("nearby", report.show_nearby, name="nearby"),
    path("<slug:number>", case.show_case, name="case"),
    path("<slug:number>/receipt", report.show_receipt, name="receipt"),
    path("<slug:number>/act", case.act, name="act"),
    path("<slug:number>/files/<int:file_id>", files.show_file, name="file"),
    path("<slug:number>/files/<int:file_id>/small", files.show_small_file, name="small-file"),
]
