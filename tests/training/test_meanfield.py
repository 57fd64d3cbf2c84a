"""Networks whose parameters are Gaussians: what is drawn, and at what price."""

from __future__ import annotations

import torch
from torch import nn
from torch.distributions import Normal, kl_divergence

from codelength.training.meanfield import MeanField


def field(*layers: nn.Module, known: bool = False) -> MeanField:
    torch.manual_seed(0)
    return MeanField(nn.Sequential(*layers), labels=100, warm_up=1, deviation=0.5, known=known)


def test_a_convolution_has_the_same_weights_at_every_place():
    network = field(nn.Conv2d(1, 3, 3)).train()
    out = network(torch.ones(2, 1, 8, 8))
    torch.testing.assert_close(out, out[:1, :, :1, :1].expand_as(out))
    assert not torch.equal(out, network(torch.ones(2, 1, 8, 8)))


def test_a_linear_layer_is_drawn_for_each_example():
    network = field(nn.Linear(5, 4)).train()
    out = network(torch.ones(2000, 5))
    (weight, weights), (bias, biases) = network.gaussians()
    variance = (2 * weights).exp().sum(dim=1) + (2 * biases).exp()
    torch.testing.assert_close(out.mean(dim=0), weight.sum(dim=1) + bias, atol=0.1, rtol=0)
    torch.testing.assert_close(out.var(dim=0), variance, atol=0, rtol=0.15)


def test_in_evaluation_it_is_the_network_at_the_means():
    plain = nn.Conv2d(1, 3, 3)
    x = torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    expected = plain(x)
    torch.testing.assert_close(field(plain).eval()(x), expected)


def test_the_price_is_the_divergence_a_label():
    network = field(nn.Linear(5, 4).double(), known=True).train()
    network(torch.ones(2, 5).double())
    total = sum(
        kl_divergence(
            Normal(mean, log.exp()), Normal(network.center(number), network.prior_deviations()[number])
        ).sum()
        for number, (mean, log) in enumerate(network.gaussians())
    )
    torch.testing.assert_close(network.price(), total / 100)
