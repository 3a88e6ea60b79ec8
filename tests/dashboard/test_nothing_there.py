"""What stands where there is nothing to show says why, and what to do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.service import Service
from tests.dashboard.studies import own_study

pytestmark = pytest.mark.slow


def test_an_empty_service_says_what_to_do(service: Service, open_page: Callable[..., Page]) -> None:
    service.start_server()
    page = open_page(service.url)
    expect(page.get_by_role("link", name="Create one from a table")).to_be_visible()
    for section, words in (("Datasets", "Drop a file here"), ("Models", "model"), ("Workers", "worker")):
        page.get_by_role("navigation", name="Sections").get_by_role("link", name=section).click()
        expect(page.get_by_role("main")).to_contain_text(words)


def test_a_study_without_trials_says_so_in_every_view(service: Service, open_page: Callable[..., Page]) -> None:
    service.start_server()
    study = own_study(service, "mine")
    page = open_page(f"{service.url}/studies/{study}")
    expect(page.get_by_text("no trial has completed yet")).to_be_visible()
    for tab, words in (
        ("Analysis", "There is nothing to analyse yet"),
        ("Leaderboard", "No trials yet"),
        ("Timeline", "No"),
        ("Set-up", "loss"),
    ):
        page.get_by_role("navigation", name="Views of the study").get_by_role("link", name=tab).click()
        expect(page.get_by_role("main")).to_contain_text(words)


def test_unknown_addresses_lead_back(service: Service, open_page: Callable[..., Page]) -> None:
    service.start_server()
    study = own_study(service, "mine")
    page = open_page(f"{service.url}/studies/{study}/nowhere", allowed="status of 404")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    page.goto(f"{service.url}/nonsense")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    page.goto(f"{service.url}/studies/{study}/trials/7")
    expect(page.get_by_role("heading", name="There is no such trial")).to_be_visible()
    page.goto(f"{service.url}/studies/01890000-0000-7000-8000-000000000000")
    expect(page.get_by_role("alert")).to_contain_text("There is no study")
    page.get_by_role("link", name="All studies", exact=True).click()
    expect(page.get_by_role("link", name="mine")).to_be_visible()
    page.goto(f"{service.url}/studies")
    expect(page.get_by_role("link", name="mine")).to_be_visible()


def test_a_page_opened_while_the_server_is_away_fills_when_it_is_back(
    service: Service, open_page: Callable[..., Page]
) -> None:
    server = service.start_server()
    study = own_study(service, "mine")
    page = open_page(service.url, allowed="net::ERR_")
    expect(page.get_by_role("link", name="mine")).to_be_visible()
    # So that the page's own files are there, as they are in a browser that has been there.
    page.get_by_role("link", name="mine").click()
    expect(page.get_by_text("live", exact=True)).to_be_visible()
    page.get_by_role("navigation", name="Views of the study").get_by_role("link", name="Leaderboard").click()
    expect(page.get_by_text("They are listed here as soon as")).to_be_visible()
    server.kill()
    expect(page.get_by_text("server does not answer").first).to_be_visible(timeout=40_000)
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_text("no trial has completed yet")).to_be_visible()
    service.start_server()
    expect(page.get_by_text("server does not answer")).to_have_count(0, timeout=60_000)
    assert study in page.url


def test_a_machine_without_a_network_still_shows_its_own_server(
    service: Service, open_page: Callable[..., Page]
) -> None:
    service.start_server()
    own_study(service, "mine")
    page = open_page(service.url)
    expect(page.get_by_role("link", name="mine")).to_be_visible()
    # What browsers tell pages when the last cable is pulled, or the wireless is switched off.
    page.evaluate("window.dispatchEvent(new Event('offline'))")
    page.get_by_role("link", name="mine").click()
    expect(page.get_by_text("no trial has completed yet")).to_be_visible()
