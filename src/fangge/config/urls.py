"""Every face, mounted once."""

from django.urls import include, path

from fangge.config.api import api

urlpatterns = [
    path("", include("fangge.insight.urls")),
    path("access/", include("fangge.access.urls")),
    path("registers/", include("fangge.registers.urls")),
    path("fieldwork/", include("fangge.fieldwork.urls")),
    path("fusion/", include("fangge.fusion.urls")),
    path("cases/", include("fangge.cases.urls")),
    path("", include("fangge.portal.urls")),
    path("", include("fangge.gateway.urls")),
    path("desk/retention/", include("fangge.retention.urls")),
    path("desk/exports/", include("fangge.disclosure.urls")),
    path("api/", api.urls),
    path("i18n/", include("django.conf.urls.i18n")),
]
