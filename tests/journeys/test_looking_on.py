from playwright.sync_api import Browser, Page
from pytest_django import DjangoDbBlocker
from tests.journeys.conftest import sign_in, start_site


def test_the_server_ends_though_a_page_looks_on(
    chromium: Browser, page: Page, django_db_blocker: DjangoDbBlocker
) -> None:
    del page  # the accounts are made with it
    with django_db_blocker.unblock():
        base, server = start_site()
    context = chromium.new_context(base_url=base, locale="zh-CN")
    looking_on = context.new_page()
    sign_in(looking_on, "dispatcher")
    with looking_on.expect_response(
        lambda told: "/cases/live?" in told.url or told.url.endswith("/cases/live")
    ) as stream:
        looking_on.goto("/cases/")
    assert stream.value.headers["content-type"] == "text/event-stream"
    server.terminate()
    server.wait(timeout=20)
    context.close()
