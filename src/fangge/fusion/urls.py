"""Pages of sources, batches, the steward's queue and lineage."""

from django.urls import path

from fangge.fusion import views

app_name = "fusion"
urlpatterns = [
    path("sources/", views.show_sources, name="sources"),
    path("sources/<slug:code>", views.show_source, name="source"),
    path("sources/<slug:code>/files", views.bring_in_file, name="bring-in"),
    path("batches/<int:batch_id>", views.show_batch, name="batch"),
    path("batches/<int:batch_id>/cancel", views.cancel, name="cancel"),
    path("batches/<int:batch_id>/roll-back", views.roll_back, name="roll-back"),
    path("quarantine/", views.show_quarantine, name="quarantine"),
    path("quarantine/<int:row_id>", views.show_row, name="row"),
    path("quarantine/<int:row_id>/dismiss", views.dismiss, name="dismiss"),
    path("quarantine/<int:row_id>/reopen", views.reopen, name="reopen"),
    path("records/<int:record_id>", views.show_lineage, name="lineage"),
]
