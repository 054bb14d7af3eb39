"""The HTML report in Chromium: sort, search, open a card by its link, print.

The page loads no other file and writes nothing to the console, errors included.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import pypdf
import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright
from report_files import write

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium: apt install chromium")

UNITS = {"en": "7/24 ranked", "vi": "7/24 đơn vị được xếp hạng"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module", params=["vi", pytest.param("en", marks=pytest.mark.long)])
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    (path,) = write(tmp_path_factory.mktemp("page"), f"{request.param}.html", language=request.param)
    return path


class Watched:
    """A page, the addresses it requested, and the texts of its console and of its errors."""

    def __init__(self, browser: Browser, path: Path, anchor: str = "", **options: object) -> None:
        self.page: Page = browser.new_page(viewport={"width": 1280, "height": 900}, **options)
        self.requests: list[str] = []
        self.messages: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.messages.append(message.text))
        self.page.on("pageerror", lambda error: self.messages.append(str(error)))
        self.page.goto(f"{path.as_uri()}{anchor}")

    def names(self, table: str) -> list[str]:
        """The units of a ranking that are shown, in order."""
        found: list[str] = self.page.eval_on_selector_all(
            f"section[aria-labelledby='{table}'] .ranking tbody tr:not([hidden]) a",
            "all => all.map(a => a.textContent)",
        )
        return found


@pytest.fixture
def watched_page(browser: Browser, report: Path) -> Iterator[Watched]:
    watched_page = Watched(browser, report)
    yield watched_page
    requests, messages = watched_page.requests, watched_page.messages
    watched_page.page.close()
    assert requests == [report.as_uri()]
    assert messages == []


def test_a_ranking_is_sorted_by_its_headers(watched_page: Watched) -> None:
    table = "t-district-readiness"
    points = watched_page.page.locator(f"section[aria-labelledby='{table}'] .ranking tbody td:nth-child(4)")
    ranked = points.all_text_contents()
    assert ranked[0] == "40.60"
    head = watched_page.page.locator(f"section[aria-labelledby='{table}'] .ranking th button").nth(3)
    head.click()
    expect(points).to_have_text(ranked[::-1])  # waits for the page
    assert head.locator("xpath=..").get_attribute("aria-sort") == "ascending"
    head.press("Enter")  # by the keyboard too
    expect(points).to_have_text(ranked)
    assert head.locator("xpath=..").get_attribute("aria-sort") == "descending"
    watched_page.page.locator(f"section[aria-labelledby='{table}'] .ranking th button").nth(1).click()
    expect(watched_page.page.locator(f"section[aria-labelledby='{table}'] .ranking tbody a")).to_have_text([
        "huyện Ba Bể", "huyện Bạch Thông", "huyện Chợ Đồn", "huyện Chợ Mới", "huyện Na Rì", "huyện Ngân Sơn",
        "huyện Pác Nặm", "thành phố Bắc Kạn",
    ])  # fmt: skip


def test_unranked_units_stay_last(watched_page: Watched) -> None:
    rank = watched_page.page.locator("section[aria-labelledby='t-department-readiness'] .ranking th button").first
    rank.click()
    rank.click()
    ranks = watched_page.page.locator("section[aria-labelledby='t-department-readiness'] .ranking tbody td:first-child")
    expect(ranks).to_have_text(["7", "6", "5", "4", "3", "2", "1", *["-"] * 17])


def test_units_are_found_without_accents(watched_page: Watched) -> None:
    watched_page.page.get_by_role("searchbox").fill("ba be")
    shown = watched_page.page.locator(".card:not([hidden])")
    expect(shown).to_have_count(17)  # the district, its 15 communes, and the office of a park of that name
    assert watched_page.names("t-district-readiness") == ["huyện Ba Bể"]
    assert len(watched_page.names("t-commune-readiness")) == 15  # its communes
    assert "17" in watched_page.page.get_by_role("status").text_content()
    watched_page.page.get_by_role("searchbox").fill("")
    expect(shown).to_have_count(140)


def test_a_card_opens_by_its_link(browser: Browser, report: Path) -> None:
    watched_page = Watched(browser, report, "#u-x-nong-thuong")
    card = watched_page.page.locator(":target")
    assert "xã Nông Thượng" in card.locator("h4").text_content()
    box, nav = card.bounding_box(), watched_page.page.locator("nav").bounding_box()
    assert nav["y"] + nav["height"] <= box["y"] < 900  # seen, and not behind the navigation
    watched_page.page.close()


def test_a_ranking_leads_to_the_card(watched_page: Watched) -> None:
    watched_page.page.locator("section[aria-labelledby='t-commune-readiness'] .ranking a").first.click()
    assert watched_page.page.url.endswith("#u-x-nong-thuong")
    assert watched_page.page.locator(":target").is_visible()


@pytest.mark.parametrize(
    ("language", "scheme"),
    [
        ("vi", "light"),
        *(pytest.param(*case, marks=pytest.mark.long) for case in (("vi", "dark"), ("en", "light"), ("en", "dark"))),
    ],
)
def test_axe_finds_no_accessibility_problem(browser: Browser, tmp_path: Path, language: str, scheme: str) -> None:
    """Only one tier: axe checks every element, which takes minutes for a whole province."""
    (path,) = write(tmp_path, "tier.html", language=language, options=("--tier", "district"))
    watched_page = Watched(browser, path, color_scheme=scheme)
    watched_page.page.add_style_tag(content=".card{content-visibility:visible}")  # axe judges what is laid out
    found = Axe().run(watched_page.page)["violations"]
    watched_page.page.close()
    assert [(one["id"], [node["html"] for node in one["nodes"][:3]]) for one in found] == []


@pytest.mark.long
def test_the_page_prints_on_a4(watched_page: Watched) -> None:
    pages = pypdf.PdfReader(io.BytesIO(watched_page.page.pdf(prefer_css_page_size=True))).pages
    sizes = {tuple(sorted(round(float(side)) for side in page.mediabox[2:])) for page in pages}
    assert sizes == {(595, 842)}
    text = " ".join(page.extract_text() for page in pages)
    assert "huyện Ba Bể" in text
    assert 40 < len(pages) < 150


def test_the_page_can_be_read_without_javascript(browser: Browser, report: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report.as_uri())
    assert page.get_by_text(UNITS[report.stem]).first.is_visible()
    assert page.locator("#u-d-ba-be").is_visible()
    assert page.get_by_role("searchbox").count() == 0
    assert page.locator("th button").count() == 0
    context.close()


def test_the_page_fits_a_telephone(browser: Browser, report: Path) -> None:
    page = browser.new_page(viewport={"width": 375, "height": 800})
    page.goto(report.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    page.close()
