"""GeoReport v2 under open311/v2/, and the page of partners' keys."""

from django.urls import path, register_converter

from fangge.gateway.views import keys, open311


class FormConverter:
    """The form that an address ends in, or nothing."""

    regex = r"(?:\.json|\.xml)?"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(FormConverter, "form")

app_name = "gateway"
urlpatterns = [
    path("open311/discovery<form:form>", open311.discovery, name="discovery"),
    path("open311/v2/", open311.discovery, name="root"),
    path("open311/v2/discovery<form:form>", open311.discovery, name="discovery-here"),
    path("open311/v2/services<form:form>", open311.services, name="services"),
    path("open311/v2/services/<slug:code><form:form>", open311.service, name="service"),
    path("open311/v2/requests<form:form>", open311.requests, name="requests"),
    path("open311/v2/requests/<slug:number><form:form>", open311.request, name="request"),
    path("open311/v2/tokens/<slug:code><form:form>", open311.token, name="token"),
    path("open311/v2/<path:rest>", open311.nowhere, name="nowhere"),
    path("gateway/keys", keys.show_keys, name="keys"),
    path("gateway/keys/<int:key_id>/revoke", keys.revoke, name="revoke"),
]
