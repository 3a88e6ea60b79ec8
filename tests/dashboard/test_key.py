"""A server with a key asks for it once, also for what it tells by itself."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.service import Service
from tests.dashboard.studies import own_study, tell

pytestmark = pytest.mark.slow

KEY = "correct-horse-battery-staple"


def test_the_page_asks_for_the_key_and_then_follows_until_it_is_taken_back(
    new_service: Callable[..., Service], open_page: Callable[..., Page]
) -> None:
    service = new_service(api_key=KEY)
    service.start_server()
    study = own_study(service, "secret")
    tell(service, study, 0.5)
    page = open_page(f"{service.url}/studies/{study}", allowed="status of 401")
    expect(page.get_by_role("heading", name="This server wants a key")).to_be_visible()
    expect(page.get_by_text("secret")).to_have_count(0)

    page.get_by_label("Key", exact=True).fill("wrong")
    page.get_by_role("button", name="Enter").click()
    expect(page.get_by_text("is not the key of this server")).to_be_visible()

    page.get_by_label("Key", exact=True).fill(KEY)
    page.get_by_role("button", name="Enter").click()
    expect(page.get_by_role("heading", level=1, name="secret")).to_be_visible()
    expect(page.get_by_text("live", exact=True)).to_be_visible()
    tell(service, study, 0.25)
    expect(page.get_by_role("img", name=re.compile("best is 0.25"))).to_be_visible()
    assert KEY not in page.evaluate("document.cookie + JSON.stringify(localStorage)")

    page.reload()
    expect(page.get_by_role("heading", level=1, name="secret")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="This server wants a key")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="This server wants a key")).to_be_visible()
    expect(page.get_by_role("button", name="Sign out")).to_have_count(0)
