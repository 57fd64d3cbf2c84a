"""Messages of earlier versions still decode, and still look the same."""

import numpy as np
import pytest

import codelength as cl

from .made import Nearest

X = np.arange(24, dtype=np.int64).reshape(12, 2) % 9
Y = np.array([0, 1, 2, 0, 1, 2, 2, 1, 0, 0, 1, 2])
P = np.full((12, 3), 0.25)
P[np.arange(12), np.arange(12) % 3] = 0.5

CODES = {
    "uniform": cl.UniformCode(),
    "frequency": cl.OnlineCode(cl.Frequency()),
    "shannon": cl.ShannonCode(P),
    "shannon:huffman": cl.HuffmanCode(P),
    "online": cl.OnlineCode(Nearest(), seed=1),
}

#: format 1; never edit a line: a message that was written must be read for ever
GOLDEN = {
    "uniform": "89434c4e01939781a7756e69666f726d900cc0c410b4c4cd9c0aa57835a509bf894d993a7d9090c4080000000000000000c40403e52bd4c4023269d422ad2e5094f82d6300327a564b5c4e96deee42efaddbec",
    "frequency": "89434c4e01939781a66f6e6c696e659181a96672657175656e6379900cc0c410b4c4cd9c0aa57835a509bf894d993a7d9090c4080000000000000000c40403ce0649c40c8b206f603d210517879917b6083048e9d78bbbca3c47c225bc42c4c56d5be0c79555a94e",
    "shannon": "89434c4e01939781a77368616e6e6f6e900cc0c410b4c4cd9c0aa57835a509bf894d993a7d9090c408369a014167e9a374c40303c859c402fe2d770396a23bdd78fc116596bc8d75977aac1ce1c804a13e1d",
    "shannon:huffman": "89434c4e01939781af7368616e6e6f6e3a687566666d616e900cc0c410b4c4cd9c0aa57835a509bf894d993a7d9090c408369a014167e9a374c40303001ac402fe2de6cde4aad66a8d9ed974c7de197e8ae27b63df33a9f14d60",
    "online": "89434c4e01939782a66f6e6c696e659181ac746573743a6e65617265737490a473656564010cc0c410b4c4cd9c0aa57835a509bf894d993a7d9090c4080000000000000000c40303576fc40665735f2a9f6575ecdca93773ea3dc5b3685b9515c2a39b7bc6dfb228d501",
}


@pytest.mark.parametrize("name", CODES)
def test_golden_bytes(name):
    model = P if name.startswith("shannon") else None
    np.testing.assert_array_equal(cl.decode(bytes.fromhex(GOLDEN[name]), X, model=model), Y)
    assert bytes(CODES[name].encode(X, Y)).hex() == GOLDEN[name]
