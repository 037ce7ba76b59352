"""Pages of field tasks."""

from django.urls import path

from fangge.fieldwork import views

app_name = "fieldwork"
urlpatterns = [
    path("", views.show_tasks, name="tasks"),
    path("new", views.ask_about_address, name="task-new"),
    path("<int:task_id>", views.show_task, name="task"),
    path("<int:task_id>/answer", views.answer, name="answer"),
    path("<int:task_id>/accept", views.accept, name="accept"),
    path("<int:task_id>/take-back", views.take_back, name="take-back"),
]
