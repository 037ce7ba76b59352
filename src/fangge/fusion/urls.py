"""Pages of sources, batches, the steward's queue and lineage."""

from django.urls import path

from fangge.fusion.views import (
    batches,
    decisions,
    errands,
    lineage,
    quality,
    quarantine,
    requests,
    review,
    runs,
    sources,
    why,
)

app_name = "fusion"
urlpatterns = [
    path("sources/", sources.show_sources, name="sources"),
    path("sources/<slug:code>", sources.show_source, name="source"),
    path("sources/<slug:code>/files", sources.bring_in_file, name="bring-in"),
    path("batches/<int:batch_id>", batches.show_batch, name="batch"),
    path("batches/<int:batch_id>/cancel", batches.cancel, name="cancel"),
    path("batches/<int:batch_id>/roll-back", batches.roll_back, name="roll-back"),
    path("batches/<int:batch_id>/missing", batches.answer_missing, name="missing"),
    path("runs/", runs.show_runs, name="runs"),
    path("runs/start", runs.start_run, name="start-run"),
    path("runs/<int:run_id>", runs.show_run, name="run"),
    path("runs/<int:run_id>/cancel", runs.cancel_run, name="cancel-run"),
    path("quarantine/", quarantine.show_quarantine, name="quarantine"),
    path("quarantine/<int:row_id>", quarantine.show_row, name="row"),
    path("quarantine/<int:row_id>/dismiss", quarantine.dismiss, name="dismiss"),
    path("quarantine/<int:row_id>/reopen", quarantine.reopen, name="reopen"),
    path("quality/", quality.show_quality, name="quality"),
    path("quality/check", quality.check_now, name="check-quality"),
    path("quality/conflicts/<int:conflict_id>", quality.show_conflict, name="conflict"),
    path("findings/", quality.show_findings, name="findings"),
    path("findings/<int:finding_id>", quality.show_finding, name="finding"),
    path("findings/<int:finding_id>/take", quality.take, name="take-finding"),
    path("findings/<int:finding_id>/hand-over", quality.hand_over, name="hand-over"),
    path("findings/<int:finding_id>/dismiss", quality.dismiss, name="dismiss-finding"),
    path("findings/<int:finding_id>/reopen", quality.reopen, name="reopen-finding"),
    path("findings/<int:finding_id>/look", errands.look_into_finding_now, name="look-finding"),
    path("events/new", requests.show_event_form, name="event-new"),
    path("requests/", requests.show_requests, name="requests"),
    path("requests/<int:request_id>", requests.show_request, name="request"),
    path("requests/<int:request_id>/approve", requests.approve, name="approve"),
    path("requests/<int:request_id>/refuse", requests.refuse, name="refuse"),
    path("requests/<int:request_id>/withdraw", requests.withdraw, name="withdraw"),
    path("requests/<int:request_id>/take-back", requests.take_back, name="take-back"),
    path("review/", review.show_queue, name="review"),
    path("review/next", review.show_first, name="review-next"),
    path("review/undo", review.undo, name="review-undo"),
    path("review/preview", review.preview, name="review-preview"),
    path("review/bulk", review.decide_many, name="review-bulk"),
    path("review/pairs/<int:pair_id>", review.show_pair, name="pair"),
    path("review/pairs/<int:pair_id>/decide", review.decide, name="pair-decide"),
    path("review/pairs/<int:pair_id>/look", errands.look_into_pair_now, name="look-pair"),
    path("review/decisions/", decisions.show_judgements, name="judgements"),
    path("review/decisions/<int:judgement_id>/undo", decisions.undo, name="judgement-undo"),
    path(
        "review/decisions/<int:judgement_id>/confirm", decisions.confirm, name="judgement-confirm"
    ),
    path(
        "review/decisions/<int:judgement_id>/decline", decisions.decline, name="judgement-decline"
    ),
    path("why/<slug:kind>/<int:entry_id>", why.show_why, name="why"),
    path("why/<slug:kind>/<int:entry_id>/take-out", why.take_out_record, name="take-out"),
    path("records/<int:record_id>", lineage.show_lineage, name="lineage"),
]
