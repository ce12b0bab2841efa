"""The page of a drill in a real browser: Chromium as the distribution has it, offline, on a phone and on a desktop."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from rtmctl.show.report import write_page
from tests.unit.drill.drill_examples import demo, hostile, not_restored, refuted, silent_link

SIZES = {"phone": (390, 844), "desktop": (1440, 900)}
PAGES = {
    "refuted": refuted,
    "not-restored": not_restored,
    "hostile": hostile,
    "ten-runs": lambda: silent_link(10, 34),
}
CONTRAST = """
element => {
  const light = colour => colour.match(/[\\d.]+/g).slice(0, 3).map(Number)
    .map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const style = getComputedStyle(element);
  const ink = light(element instanceof SVGElement ? style.fill : style.color);
  const ground = light(getComputedStyle(document.body).backgroundColor);
  return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
}
"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    found = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if found is None:
        pytest.skip("no Chromium here: apt-get install chromium-headless-shell")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []  # its sandbox refuses root
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    for name, make in PAGES.items():
        write_page(make(), demo(), folder / f"{name}.html")
    return {name: folder / f"{name}.html" for name in PAGES}


class Shown:
    """A page that is open, and what the browser had to say about it."""

    def __init__(self, browser: Browser, file: Path, size: str, scheme: str = "light", *, scripts: bool = True) -> None:
        width, height = SIZES[size]
        self.context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,  # type: ignore[arg-type]  # one of the two
            offline=True,
            java_script_enabled=scripts,
        )
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page: Page = self.context.new_page()
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(file.as_uri())

    def __enter__(self) -> "Shown":
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()


BOXES = """
all => all.filter(e => e.getClientRects().length)
  .map(e => { const b = e.getBoundingClientRect(); return [b.left, b.right, b.height, e.textContent]; })
"""


def outside(what: Locator, width: int) -> list[object]:
    """What is drawn, but not between the left and the right edge of the viewport."""
    boxes = what.evaluate_all(BOXES)
    assert boxes
    return [box for box in boxes if not (0 <= box[0] < box[1] <= width + 1 and box[2] > 0)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PAGES)
def test_the_timeline_is_seen_and_the_browser_has_nothing_to_say(
    chromium: Browser, pages: dict[str, Path], name: str, size: str, scheme: str
) -> None:
    width, height = SIZES[size]
    with Shown(chromium, pages[name], size, scheme) as shown:
        page = shown.page
        assert shown.complaints == []
        assert shown.requests == [pages[name].as_uri()]
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        timelines = page.locator("svg.timeline")
        assert timelines.count() == 2
        assert not outside(timelines, width)
        assert not outside(page.locator(".timeline .local rect, .timeline .remote rect, .timeline circle"), width)
        assert not outside(page.locator("svg.timeline text"), width)
        for timeline in timelines.all():
            timeline.scroll_into_view_if_needed()
            box = timeline.bounding_box()
            assert box and box["width"] > 0.75 * width and 0 <= box["y"] < height


@pytest.mark.parametrize("size", SIZES)
def test_light_and_dark_differ_and_both_are_read_easily(chromium: Browser, pages: dict[str, Path], size: str) -> None:
    grounds = set()
    for scheme in ("light", "dark"):
        with Shown(chromium, pages["refuted"], size, scheme) as shown:
            grounds.add(shown.page.evaluate("getComputedStyle(document.body).backgroundColor"))
            for words in (
                "#timeline h2",
                "#timeline p",
                "td.bad",
                ".reasons li",
                "svg.timeline text",
                "svg.against text",
            ):
                contrast = shown.page.locator(words).first.evaluate(CONTRAST)
                assert contrast >= 4.5, (scheme, words, contrast)  # WCAG 2.1, 1.4.3
    assert len(grounds) == 2


def test_the_loss_is_drawn_where_it_was(chromium: Browser, pages: dict[str, Path]) -> None:
    """Remote flows of the slow run are lost for longer than local ones, from the fault on."""
    with Shown(chromium, pages["refuted"], "desktop") as shown:
        closer = shown.page.locator("svg.timeline").first
        fault = closer.locator("line.fault").bounding_box()
        local, remote = (closer.locator(f"g.{kind} rect").first.bounding_box() for kind in ("local", "remote"))
        assert fault and local and remote
        assert abs(local["x"] - fault["x"]) < 8 and abs(remote["x"] - fault["x"]) < 8
        assert remote["width"] / local["width"] == pytest.approx(702 / 273, rel=0.03)


def test_a_heading_sorts(chromium: Browser, pages: dict[str, Path]) -> None:
    with Shown(chromium, pages["refuted"], "desktop") as shown:
        table = shown.page.locator("table.flows")
        first = table.locator("tbody tr").first

        def column(number: int) -> list[str]:
            return table.locator(f"tbody tr td:nth-child({number})").all_text_contents()

        assert "broker2>collector1" in (first.text_content() or "")  # the worst first
        table.get_by_role("button", name="worst").click()
        worst = list(map(float, column(4)))
        assert worst == sorted(worst) and worst[0] < worst[-1]
        table.get_by_role("button", name="worst").click()
        assert list(map(float, column(4))) == sorted(worst, reverse=True)
        assert table.locator("th[aria-sort=descending]").count() == 1
        table.get_by_role("button", name="class").click()
        assert column(2) == sorted(column(2))
        assert shown.complaints == []


def test_without_scripts_only_the_sorting_is_missing(chromium: Browser, pages: dict[str, Path]) -> None:
    with Shown(chromium, pages["refuted"], "phone", scripts=False) as shown:
        assert not outside(shown.page.locator("svg.timeline"), SIZES["phone"][0])
        assert shown.page.locator("table.flows tbody tr").count() == len(refuted().plan.flows)


def test_on_paper_nothing_is_hidden_behind_a_scroll_bar(chromium: Browser, pages: dict[str, Path]) -> None:
    with Shown(chromium, pages["ten-runs"], "desktop") as shown:
        shown.page.emulate_media(media="print")
        hidden = "all => all.filter(e => e.scrollHeight > e.clientHeight + 2).length"
        assert shown.page.locator(".scroll").evaluate_all(hidden) == 0
        assert len(shown.page.pdf(format="A4")) > 20_000
