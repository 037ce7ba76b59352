"""Set request.actor, and what the database shows them."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from fangge.access.queries import StaffRequest, actor_for
from fangge.kernel import clock
from fangge.kernel.actor import Actor
from fangge.kernel.wall import reach_of, reaching

NOBODY = Actor(reference="nobody", name="", roles=(), verbs=frozenset(), grid_ids=frozenset())


class ActorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: StaffRequest) -> HttpResponse:
        request.actor = (
            actor_for(request.user, now=clock.now()) if request.user.is_authenticated else NOBODY
        )
        with reaching(reach_of(request.actor)):
            return self.get_response(request)
