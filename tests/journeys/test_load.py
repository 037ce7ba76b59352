"""Many readers at once: every answer is right or refused, none breaks."""

import json
import os
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

pytestmark = pytest.mark.django_db
READERS, ROUNDS = 20, 5
PATHS = (
    "/",
    "/registers/tiles/address/13/6840/3346.mvt",
    "/registers/tiles/areas/13/6840/3346.mvt",
    "/registers/addresses/?level=room",
    "/registers/suggest?q=" + urllib.parse.quote("花园3-2-501"),
    "/fusion/quarantine/",
)


def sign_in(site: str) -> urllib.request.OpenerDirector:
    jar = CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    opener.open(f"{site}/access/sign-in").read()
    passwords = json.loads((Path(os.environ["FANGGE_DATA"]) / "demo-accounts.json").read_text())
    token = next(cookie.value for cookie in jar if cookie.name == "csrftoken")
    form = {
        "username": "steward",
        "password": passwords["steward"],
        "csrfmiddlewaretoken": token or "",
    }
    opener.open(f"{site}/access/sign-in", urllib.parse.urlencode(form).encode()).read()
    return opener


def test_twenty_readers_at_once_all_get_their_answers(site: str) -> None:
    openers = [sign_in(site) for _ in range(READERS)]

    def read(opener: urllib.request.OpenerDirector) -> list[int]:
        return [opener.open(site + path).status for _ in range(ROUNDS) for path in PATHS]

    with ThreadPoolExecutor(READERS) as pool:
        statuses = [status for found in pool.map(read, openers) for status in found]
    assert len(statuses) == READERS * ROUNDS * len(PATHS)
    assert set(statuses) <= {200, 204}
