"""A network in a random subspace."""

from __future__ import annotations

import numpy as np
import torch
from scipy.stats import laplace

from codelength.compression.subspace import Subspace
from codelength.compression.subspaced import Subspaced, laplace_bits
from codelength.networks import build


def test_the_price_is_the_mass_of_a_laplace_law_in_a_cell():
    v = torch.linspace(-6, 6, 101, dtype=torch.float64)
    for step in (0.01, 0.3, 500.0):
        for scale in (0.05, 1.0, 4.0):
            bits = laplace_bits(v, *torch.tensor([step, scale], dtype=torch.float64))
            law = laplace(scale=scale)
            far = np.abs(v.numpy())
            mass = law.cdf(-far + step / 2) - law.cdf(-far - step / 2)
            np.testing.assert_allclose(bits, -np.log2(mass), rtol=1e-6, atol=1e-15)


def test_at_the_origin_it_is_the_network_of_the_seed():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = build("lenet-slim", (1, 8, 8), 10)
    module = Subspaced(network, Subspace(200), labels=10, seed=0)
    x = torch.randn(3, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(module.eval()(x), network.eval()(x))
    assert sum(module.counts) <= 210
    moved = module.parameters_at(np.ones(sum(module.counts)))
    start = torch.cat([p.detach().flatten() for p in network.parameters()]).numpy()
    assert (moved != start).mean() > 0.99


def test_what_is_tied_moves_together_with_a_sign_of_its_own():
    network = torch.nn.Sequential(torch.nn.Linear(30, 20))
    module = Subspaced(network, Subspace(10, even=1.0), labels=10, seed=0)
    zero = module.parameters_at(np.zeros(sum(module.counts)))
    first = np.zeros(sum(module.counts))
    first[[0, module.counts[0]]] = 1  # of the weights, and of the biases
    one = module.parameters_at(first)
    change = (one - zero)[:600]
    assert (change != 0).sum() in (60, 61, 62, 63, 64, 65, 66, 67)  # its share of 600 weights
    assert len(np.unique(np.abs(change[change != 0]).round(5))) == 1
    assert {-1.0, 1.0} == set(np.sign(change[change != 0]))
