"""The report: one page with the table, every figure and where each number comes from."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest

import codelength as cl
from codelength.results.report import report
from codelength.results.runs import Runs, origin

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Page(HTMLParser):
    """What a page holds: figures, links, cells of its first table."""

    def __init__(self, text):
        super().__init__()
        self.figures, self.links, self.loaded, self.text, self.open = [], [], [], "", []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "figure":
            self.figures.append(given["id"])
        if tag == "a":
            self.links.append(given["href"])
        self.loaded += [given[key] for key in ("src", "xlink:href", "href") if tag != "a" and key in given]

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def page(runs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    report(runs, folder / "report.html", folder / "figures")
    return folder


def test_whatever_a_data_set_is_called_its_message_is_linked(runs, tmp_path):
    named = Runs(tmp_path / "runs").make()
    row = runs.row("few-uniform")
    for name in ("run#2 50%", "javascript:alert(1)"):
        shutil.copyfile(runs.message("few-uniform"), named.message(name))
        named.save(name, row | {"data": name}, origin(["codelength"]))
    report(named, tmp_path / "runs" / "report.html")
    links = Page((tmp_path / "runs" / "report.html").read_text()).links
    assert sorted(links) == ["./javascript%3Aalert%281%29.cl", "./run%232%2050%25.cl"]


def test_the_page_tells_all_and_needs_no_network(page, runs):
    read = Page((page / "report.html").read_text())
    assert {name.split("-", 1)[1] for name in read.figures} >= {
        "total", "total-log", "each", "each-log", "ratios", "parts", "stages-two-part-deep-compression",
        "layers-variational-relative-entropy",
    }  # fmt: skip
    assert all(target.startswith(("#", "data:")) for target in read.loaded)
    for row in runs.all():
        assert f"{row['payload_bits'] / 1000:,.3f}" in read.text
        assert row["origin"]["versions"]["torch"] in read.text
    assert len(read.links) == len(runs.all())
    assert all((page / unquote(link)).resolve().is_file() for link in read.links)


def test_figures_and_numbers_stand_beside_it(page, runs):
    names = {path.name for path in (page / "figures").iterdir()}
    figures = Page((page / "report.html").read_text()).figures
    assert names == {f"{name}.{kind}" for name in figures for kind in ("png", "svg")} | {
        "runs.csv",
        "runs.json",
    }
    rows = runs.all()
    assert json.loads((page / "figures" / "runs.json").read_text()) == rows
    with open(page / "figures" / "runs.csv", newline="") as file:
        bits = [int(line["payload_bits"]) for line in csv.DictReader(file)]
    assert bits == [row["payload_bits"] for row in rows]


def test_the_same_runs_make_the_same_page(page, runs, tmp_path):
    report(runs, page / "again.html")
    assert (page / "again.html").read_bytes() == (page / "report.html").read_bytes()


def test_bad_folders_are_refused_and_nothing_is_written_over(page, runs, tmp_path):
    with pytest.raises(cl.InputError, match="exists"):
        report(runs, page / "report.html")
    with pytest.raises(cl.InputError, match="no runs"):
        report(Runs(tmp_path), tmp_path / "page.html")
    with pytest.raises(cl.InputError, match="no folder"):
        report(Runs(tmp_path / "none"), tmp_path / "page.html")
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(cl.InputError, match="damaged"):
        report(Runs(tmp_path), tmp_path / "page.html")


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
@pytest.mark.parametrize("size", ["1280,900", "390,844"])
def test_it_opens_in_a_browser_without_an_error(page, size):
    shot, url = page / f"{size}.png", (page / "report.html").as_uri()
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0"]
    shown = subprocess.run(
        [CHROMIUM, *options, f"--window-size={size}", f"--screenshot={shot}", url],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "CONSOLE" not in shown.stderr
    assert shot.read_bytes().startswith(b"\x89PNG")
