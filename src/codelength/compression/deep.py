"""Deep Compression: pruned, shared, Huffman coded; or, past Huffman, coded under laws that adapt.

Source: S. Han, H. Mao and W. Dally, Deep Compression: Compressing Deep Neural Networks with Pruning,
Trained Quantization and Huffman Coding (ICLR 2016).
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
import numpy.typing as npt

from codelength.agreement import Within, registered
from codelength.channel import Channel, Counter
from codelength.compression.adaptive import adaptive, number
from codelength.compression.compression import Compression, Parameters, split
from codelength.compression.contexts import filled, marked
from codelength.compression.huffman import huffman
from codelength.compression.layers import Layers
from codelength.compression.positions import densities, run_lengths, runs
from codelength.entropy import KrichevskyTrofimov, Symbols, Uniform
from codelength.errors import AgreementError, MessageError

if TYPE_CHECKING:
    from codelength.compression.trained import Trained

CODINGS = ("huffman", "adaptive", "contexts")

_KEPT = (0.06, 0.06, 0.15)  # share of weights, for tables, grey pictures and photographs
_FIRST, _EARLY, _LAST, _SHARED = 0.25, 0.25, 0.4, 0.1  # of all passes: before, in and after the rounds
_VALUE = 16  # bits of a shared value
_MOST_VALUES = 255  # that a layer's weights share
_FINER = 10  # times smaller are the steps of the shared values than those of biases

#: the values that a layer's weights share, exact in float16, and each weight's: its index from 1, 0 for none
Book = npt.NDArray[np.float32]
Piece = tuple[Book, Symbols]


@registered("deep-compression")
@dataclasses.dataclass(frozen=True)
class DeepCompression(Compression):
    """Iterative magnitude pruning with retraining, weight sharing with trained values, entropy coding.

    `kept` is the share of weights that stay, reached in so many `rounds`; with none given, the one agreed for
    the kind of inputs. The weights of a layer then share `values`; all biases and norms, which are not
    pruned, share `vector_values`. `coding` is the paper's Huffman coding of indices and of the lengths of
    runs, "adaptive" (laws of densities and counts) or "contexts" (laws of what stands beside, the shortest).
    Raises AgreementError for another coding.
    """

    use: ClassVar[str] = "pruned"

    kept: Annotated[float | None, Within(1e-4, 1)] = None
    rounds: Annotated[int, Within(1, 16)] = 3
    values: Annotated[int, Within(1, _MOST_VALUES)] = 16
    vector_values: Annotated[int, Within(1, _MOST_VALUES)] = 32
    coding: str = "adaptive"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.coding not in CODINGS:
            raise AgreementError(f"DeepCompression.coding must be one of {', '.join(CODINGS)}")

    def exchange(self, channel: Channel, model: Trained) -> Parameters:
        layers = Layers(model.shapes, model.input_shape)
        fit = functools.cache(lambda: self._fit(channel, model, layers))
        pieces = sent(channel, layers, self.coding, fit)
        channel.account.stages = stages(layers, pieces)
        books = (np.append(np.float32(0), book) for book, _ in pieces)
        shared = [book[indices] for book, (_, indices) in zip(books, pieces, strict=True)]
        return layers.flat(shared, np.float32)

    def _fit(self, channel: Channel, model: Trained, layers: Layers) -> list[Piece]:
        """At Alice's end: trains, prunes and retrains, shares and retrains."""
        from codelength.compression.reparameterized import Masked, Shared

        kept = self.kept or _KEPT[model.kind]
        theta = model.train(channel, model.fresh(), _FIRST)
        for turn in range(1, self.rounds + 1):
            masks = pruned(layers.of(theta), kept ** (turn / self.rounds), layers.vectors)
            mask = layers.flat(masks, np.bool_)
            masked = Masked(model.fresh(), split(theta, model.shapes), split(mask, model.shapes))
            # what is lost in the early rounds is found again in the last one, the longest
            share = _LAST if turn == self.rounds else _EARLY / (self.rounds - 1)
            theta = model.train(channel, masked, share) * mask
        books, indices = [], []
        for place, layer in enumerate(layers.of(theta)):
            vectors = place == layers.vectors
            alive = np.full(layer.shape, True) if vectors else layer != 0
            book, index = clustered(layer, alive, self.vector_values if vectors else self.values)
            books.append(book)
            indices.append(index)
        starts = np.cumsum([0, *map(len, books)])
        flat = layers.flat([i + (i > 0) * s for i, s in zip(indices, starts[:-1], strict=True)], np.int64)
        network = Shared(model.fresh(), np.concatenate([np.zeros(0, np.float32), *books]), flat)
        values = model.train(channel, network, _SHARED, bias_step=model.recipe.bias_step / _FINER)
        rounded = values.astype(np.float16).astype(np.float32)
        return list(zip(np.split(rounded, starts[1:-1]), indices, strict=True))


def sent(channel: Channel, layers: Layers, coding: str, produce: Callable[[], list[Piece]]) -> list[Piece]:
    """Each layer's piece as both ends have it once it is sent."""

    def piece(place: int) -> Piece:
        return _sent_piece(channel, layers, place, coding, lambda: produce()[place])

    return [piece(place) for place in range(len(layers.shapes))]


def _sent_piece(
    channel: Channel, layers: Layers, place: int, coding: str, produce: Callable[[], Piece]
) -> Piece:
    """One layer's piece: where its weights are, unless it is of vectors, its values, indices."""
    shape, vectors = layers.shapes[place], place == layers.vectors

    def alive() -> npt.NDArray[np.bool_]:
        return produce()[1] > 0

    if vectors:
        mask = np.ones(shape, bool)
    elif coding == "huffman":
        mask = runs(channel, shape, alive)
    elif coding == "adaptive":
        mask = densities(channel, shape, layers.areas[place], alive)
    else:
        mask = marked(channel, shape, layers.lags[place], alive)
    size = number(channel, lambda: len(produce()[0]))
    if size > _MOST_VALUES:
        raise MessageError(f"the message names {size} shared values, more than any that were sent")
    words = channel.integers(
        Uniform(2**_VALUE, size), lambda: produce()[0].astype("<f2").view("<u2").astype(np.int64)
    )

    def chosen() -> Symbols:
        return produce()[1][mask] - 1

    indices = np.zeros(shape, np.int64)
    if coding == "huffman":
        indices[mask] = 1 + huffman(channel, size, chosen)
    elif coding == "contexts" and not vectors:
        indices = 1 + filled(channel, mask, layers.lags[place], size, lambda: produce()[1] - 1)
    else:
        indices[mask] = 1 + adaptive(channel, KrichevskyTrofimov(size), int(mask.sum()), chosen)
    return words.astype("<u2").view("<f2").astype(np.float32), indices


def stages(layers: Layers, pieces: list[Piece]) -> dict[str, float]:
    """What the parameters take after each stage, in bits: as they are, pruned, shared, and coded either way.

    As long as they are not coded, a position is a run of zeros of 8 bits, and an index of whole bits.
    """
    alive = sum(int((indices > 0).sum()) for _, indices in pieces)
    matrices = (indices for place, (_, indices) in enumerate(pieces) if place != layers.vectors)
    places = sum(8 * len(run_lengths(indices > 0)) for indices in matrices)
    shared = sum(
        _VALUE * len(book) + (indices > 0).sum() * max(1, len(book) - 1).bit_length()
        for book, indices in pieces
    )
    found = {
        "float32": 32.0 * layers.size,
        "pruned": 32.0 * alive + places,
        "shared": float(shared) + places,
    }
    for coding in CODINGS:
        counter = Counter(np.zeros(0, np.int64))
        sent(counter, layers, coding, lambda: pieces)
        found[coding] = counter.account.bits
    return found


def pruned(
    layers: Sequence[npt.NDArray[np.float32]], kept: float, vectors: int | None
) -> list[npt.NDArray[np.bool_]]:
    """The share `kept` of all weights: those that are large beside their layer's deviation; all vectors."""
    relative = [
        np.full(layer.shape, np.inf) if place == vectors else np.abs(layer) / max(float(layer.std()), 1e-12)
        for place, layer in enumerate(layers)
    ]
    weights = np.concatenate([np.zeros(0), *(r.ravel() for p, r in enumerate(relative) if p != vectors)])
    threshold = np.quantile(weights, 1 - kept) if len(weights) else 0.0
    return [each >= threshold for each in relative]


def clustered(
    layer: npt.NDArray[np.float32], alive: npt.NDArray[np.bool_], count: int
) -> tuple[Book, Symbols]:
    """Values that the weights alive share, from k-means started evenly; and for each its index, from 1."""
    weights = layer[alive]
    indices = np.zeros(layer.shape, np.int64)
    count = min(count, len(np.unique(weights)))
    if not count:
        return np.zeros(0, np.float32), indices
    from sklearn.cluster import KMeans

    start = np.linspace(weights.min(), weights.max(), count)[:, None]
    means = KMeans(count, init=start, n_init=1).fit(weights[:, None].astype(np.float64))
    indices[alive] = 1 + means.labels_
    return means.cluster_centers_[:, 0].astype(np.float32), indices
