"""Parameters as floats: 32 or 16 bits each, as they are or through a general compressor."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import zstandard

from codelength.agreement import registered
from codelength.channel import Channel
from codelength.compression.compression import Compression, Parameters, size_of
from codelength.entropy import Uniform
from codelength.errors import AgreementError, MessageError

if TYPE_CHECKING:
    from codelength.compression.trained import Trained

FORMATS = ("float32", "float16", "bfloat16")

_WORD = 2**16
_LENGTH_BYTES = 4
_LEVEL = 19  # zstd's strongest within its ordinary memory


@registered("floats")
@dataclasses.dataclass(frozen=True)
class Floats(Compression):
    """The raw parameters in a format, 32 or 16 bits each; with `zstd`, what that compressor makes of them.

    float32 is the paper's first two-part code (Blier and Ollivier, 2018, section 3.1). Raises
    AgreementError for an unknown format.
    """

    format: str = "float32"
    zstd: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.format not in FORMATS:
            raise AgreementError(
                f"Floats.format must be one of {', '.join(FORMATS)}, not {self.format!r:.40}"
            )

    def exchange(self, channel: Channel, model: Trained) -> Parameters:
        def fit() -> Parameters:
            return model.train(channel, model.fresh())

        count = size_of(model.shapes) * (2 if self.format == "float32" else 1)
        if not self.zstd:
            words = channel.integers(Uniform(_WORD, count), lambda: self._words(fit()).astype(np.int64))
            return self._floats(words.astype(np.uint16))
        # both are made at Alice's end alone: the length travels before the bytes do
        made: list[bytes] = []

        def length() -> npt.NDArray[np.int64]:
            # the two bytes of a word apart: signs and exponents are much alike, fractions are noise
            planes = np.ascontiguousarray(self._words(fit()).view(np.uint8).reshape(-1, 2).T)
            made.append(zstandard.ZstdCompressor(level=_LEVEL).compress(planes.tobytes()))
            return _bytes(len(made[0]).to_bytes(_LENGTH_BYTES, "little"))

        said = channel.integers(Uniform(256, _LENGTH_BYTES), length).astype(np.uint8)
        size = int.from_bytes(said.tobytes(), "little")
        if size > 2 * count + 2**16:
            raise MessageError("the message names more bytes of parameters than its network has")
        packed = channel.integers(Uniform(256, size), lambda: _bytes(made[0])).astype(np.uint8).tobytes()
        try:
            planes = zstandard.ZstdDecompressor().decompress(packed, max_output_size=2 * count)
        except zstandard.ZstdError as error:
            raise MessageError(f"the parameters in the message cannot be read: {error}") from None
        if len(planes) != 2 * count:
            raise MessageError("the message holds another number of parameters than its network has")
        pairs = np.frombuffer(planes, np.uint8).reshape(2, -1).T
        return self._floats(np.ascontiguousarray(pairs).view(np.uint16).ravel())

    def _words(self, parameters: Parameters) -> npt.NDArray[np.uint16]:
        if self.format == "float16":
            return parameters.astype("<f2").view("<u2")
        words = parameters.astype("<f4").view("<u2")
        if self.format == "float32":
            return words
        # bfloat16 is the upper half of a float32, rounded to even
        whole = parameters.astype("<f4").view("<u4")
        rounded = whole + np.uint32(0x7FFF) + ((whole >> np.uint32(16)) & np.uint32(1))
        return (rounded >> np.uint32(16)).astype("<u2")

    def _floats(self, words: npt.NDArray[np.uint16]) -> Parameters:
        words = words.astype("<u2")
        if self.format == "float16":
            return words.view("<f2").astype(np.float32)
        if self.format == "float32":
            return words.view("<f4").astype(np.float32)
        return (words.astype("<u4") << np.uint32(16)).view("<f4").astype(np.float32)


def _bytes(data: bytes) -> npt.NDArray[np.int64]:
    return np.frombuffer(data, np.uint8).astype(np.int64)
