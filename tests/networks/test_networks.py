"""Every built-in network on every shape that it promises to take, and clear errors on the others."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from sklearn.naive_bayes import GaussianNB

from codelength.agreement import register
from codelength.errors import AgreementError, InputError
from codelength.networks import BUILT_IN, build, fits, is_network, show
from codelength.networks.layers import Stem, Whitening

IMAGES = [(1, 8, 8), (1, 28, 28), (3, 32, 32), (2, 9, 17)]
TABLES = ("shallow", "shallow-64", "shallow-256", "shallow-1024", "mlp", "mlp-3", "lenet-300-100")
FITS = [(name, (13,)) for name in TABLES]
FITS += [(name, shape) for name in (*TABLES, "lenet", "lenet-slim") for shape in IMAGES]
FITS += [(name, shape) for name in ("lenet-5", "lenet-5-bn") for shape in ((1, 28, 28), (3, 32, 32))]
FITS += [(name, shape) for name in ("vgg-11", "vgg-13", "vgg-16", "resnet-small") for shape in IMAGES]
WHITENED = ("vgg-small", "vgg-wide", "vgg-slim", "resnet-white", "resnet-deep")
FITS += [(name, shape) for name in WHITENED for shape in ((3, 32, 32), (1, 28, 28), (3, 16, 16))]


@pytest.mark.parametrize(("name", "shape"), FITS)
def test_maps_a_batch_to_logits(name: str, shape: tuple[int, ...]) -> None:
    network = build(name, shape, 7)
    with torch.autocast("cpu", torch.bfloat16):
        logits = network(torch.randn(4, *shape))
    assert logits.shape == (4, 7)
    assert logits.dtype == torch.float32
    logits.sum().backward()
    learned = [parameter for parameter in network.parameters() if parameter.requires_grad]
    assert all(parameter.grad is not None for parameter in learned)


@pytest.mark.parametrize(
    ("name", "shape"),
    [("lenet", (13,)), ("vgg-small", (13,)), ("lenet", (1, 4, 4)), ("vgg-small", (3, 8, 8))],
)
def test_inputs_that_do_not_fit_are_refused(name: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=name):
        build(name, shape, 10)


def test_no_network_is_left_out() -> None:
    assert {name for name, _ in FITS} == set(BUILT_IN)


TABLE = Path(__file__).parents[2].joinpath("docs/networks.md").read_text()
CELLS = [[cell.strip() for cell in line.split("|")[1:-1]] for line in TABLE.splitlines() if "|" in line]
#: name, and counts for each of three kinds of pictures; of the largest networks the page says millions
ROWS = [
    (name.strip("`"), *counts)
    for name, _, *counts in CELLS
    if name.startswith("`") and all(count.replace(",", "").isdecimal() or not count for count in counts)
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_the_page_tells_how_many_parameters_are_learned(row: tuple[str, ...]) -> None:
    name, *told = row
    for shape, count in zip([(1, 8, 8), (1, 28, 28), (3, 32, 32)], told, strict=True):
        assert fits(name, shape) == bool(count)
        if count:
            with torch.device("meta"):
                learned = [p.numel() for p in build(name, shape, 10).parameters() if p.requires_grad]
            assert sum(learned) == int(count.replace(",", ""))


def test_the_page_lists_every_network() -> None:
    assert all(f"`{name}`" in TABLE for name in BUILT_IN)
    assert len(ROWS) == len(BUILT_IN) - 3


def test_initialization_follows_the_global_generator() -> None:
    for name in BUILT_IN:
        weights = []
        for _ in range(2):
            torch.manual_seed(3)
            weights.append(
                torch.cat([p.detach().flatten() for p in build(name, (3, 32, 32), 10).parameters()])
            )
        assert torch.equal(*weights)


def test_own_networks_by_name() -> None:
    register("test-own", lambda shape, classes: torch.nn.Linear(shape[0], classes))
    assert build("test-own", (4,), 3)(torch.zeros(2, 4)).shape == (2, 3)


def test_unknown_names_are_listed_with_the_known() -> None:
    with pytest.raises(AgreementError, match="lenet"):
        build("resnet-1001", (3, 32, 32), 10)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_stem_is_a_convolution_that_puts_out_channels_last(channels: int) -> None:
    stem, pictures = Stem(channels, 8, 5, padding=2), torch.rand(4, channels, 28, 28)
    out = stem(pictures)
    assert out.is_contiguous(memory_format=torch.channels_last)
    plain = torch.nn.functional.conv2d(pictures, stem.weight, stem.bias, padding=2)
    torch.testing.assert_close(out, plain)


def test_whitening_takes_its_weights_from_the_inputs_alone() -> None:
    pictures = torch.rand(200, 3, 16, 16).cumsum(dim=3)  # neighbours are much alike
    stem = Whitening(3)
    torch.nn.init.zeros_(stem.bias)
    show(torch.nn.Sequential(stem), pictures)
    features = stem(pictures).transpose(0, 1).flatten(1)[:12]
    torch.testing.assert_close(torch.cov(features), torch.eye(12), atol=0.05, rtol=0)
    torch.testing.assert_close(stem.weight[12:], -stem.weight[:12])


def test_a_factory_that_wants_a_shape_and_classes_is_a_networks() -> None:
    register("test-network", lambda shape, classes, width=8: torch.nn.Linear(shape[0], classes))
    register("test-classifier", GaussianNB)  # two parameters, both optional
    assert [is_network(name) for name in ("lenet", "test-network", "test-classifier", "SVC")] == [
        True,
        True,
        False,
        False,
    ]
