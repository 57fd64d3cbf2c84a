"""The curve of bits against labels: thinned for JSON, drawn for people."""

import itertools
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import codelength as cl
from codelength.results import curve
from codelength.results.runs import as_json

ROW = {"data": "digits", "code": "online", "model": "mlp", "classes": 10}


@given(st.lists(st.integers(1, 50), min_size=1, max_size=300))
def test_a_thinned_curve_keeps_its_ends_and_order(steps):
    labels = np.cumsum(steps)
    whole = np.stack((labels, 2.5 * labels), axis=1)
    kept = curve.thinned(whole)
    assert kept[0] == [labels[0], 2.5 * labels[0]]
    assert kept[-1] == [labels[-1], 2.5 * labels[-1]]
    assert all(after[0] > before[0] for before, after in itertools.pairwise(kept))


def test_a_long_curve_becomes_a_short_one():
    labels = np.arange(1, 60_001)
    assert len(curve.thinned(np.stack((labels, labels), axis=1))) < 130


@pytest.mark.parametrize("suffix", curve.FORMATS)
def test_a_figure_is_drawn_into_a_new_file(suffix, tmp_path):
    path = tmp_path / f"curve{suffix}"
    rows = [ROW | {"curve": [[10, 33.2], [100, 150.0], [1000, 400.0]]}, ROW | {"curve": []}]
    curve.save(rows, path)
    assert path.stat().st_size > 5000
    with pytest.raises(cl.InputError, match="exists"):
        curve.save(rows, path)


def test_the_figure_shows_each_row_and_the_uniform_code():
    rows = [ROW | {"curve": [[10, 33.2], [100, 150.0]]}]
    total, each = curve.drawn(rows).axes
    assert [line.get_label() for line in total.lines] == ["digits online mlp: 0.15 kbits (ideal)"]
    np.testing.assert_allclose(total.lines[0].get_xydata()[-1], [100, 0.15])
    np.testing.assert_allclose(each.lines[0].get_ydata(), [3.32, (150 - 33.2) / 90])
    np.testing.assert_allclose(each.lines[1].get_ydata(), np.log2(10))


def test_other_formats_are_refused_before_the_run(tmp_path):
    with pytest.raises(cl.InputError, match=r"\.png"):
        curve.require_format(tmp_path / "curve.jpg")


def test_json_has_a_point_of_a_curve_on_a_line():
    content = {"rows": [{"curve": [[1, 2.5], [3, 1e-05]], "seed": [0, 1, 2]}]}
    assert json.loads(as_json(content)) == content
    assert "[3, 1e-05]" in as_json(content)
