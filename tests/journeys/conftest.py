import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
         "--disable-background-networking", "--disable-component-update"]  # fmt: skip


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    assert CHROMIUM, "No Chromium on PATH: install Debian's chromium, then run the tests again."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, site: str) -> Iterator[Page]:
    context = chromium.new_context(
        base_url=site, locale="zh-CN", viewport={"width": 1366, "height": 768}
    )
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"script error: {error}"))
    sign_in(page, "steward")
    yield page
    context.close()


def sign_in(page: Page, username: str) -> None:
    type_password(page, username)
    expect(page.get_by_role("navigation", name="主导航")).to_be_visible()


def type_password(page: Page, username: str) -> None:
    passwords = json.loads((Path(os.environ["FANGGE_DATA"]) / "demo-accounts.json").read_text())
    page.goto("/")
    page.get_by_label("账号").fill(username)
    page.get_by_label("密码").fill(passwords[username])
    page.get_by_role("button", name="登录", exact=True).click()


@pytest.fixture(scope="session")
def site(django_db_setup: None, django_db_blocker: object) -> Iterator[str]:
    """The real server, on the test database."""
    from fangge.command.accounts import make_demo_accounts

    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        make_demo_accounts()
        base, server = start_site()
    yield base
    server.terminate()
    server.wait(timeout=30)


def start_site() -> tuple[str, subprocess.Popen[bytes]]:
    """Serve on a free port; give the address and the process."""
    from django.db import connection

    urls = {
        name: os.environ[name].rsplit("/", 1)[0] + "/" + connection.settings_dict["NAME"]
        for name in ("DATABASE_URL", "FANGGE_SITE_DATABASE_URL")
        if name in os.environ
    }
    connection.close()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "fangge", "serve", "--port", str(port)],
        env={**os.environ, "FANGGE_WALL_ROLE": "", **urls},
        stdout=subprocess.DEVNULL,
    )
    base = f"http://localhost:{port}"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{base}/access/sign-in")
            break
        except OSError:
            time.sleep(0.2)
    return base, server
