"""Random variations of whole batches of pictures."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from codelength.training.recipe import Recipe

_ELASTIC_NODES = 4


def augment(x: Tensor, recipe: Recipe, generator: torch.Generator, strength: float = 1.0) -> Tensor:
    """A random variation of each picture of x (m, channels, height, width); tables come back as they are.

    All is drawn on the CPU, from `generator`, wherever x is.
    """
    if x.ndim != 4:
        return x
    if recipe.rotation or recipe.scale or recipe.shear or recipe.elastic:
        x = warp(x, recipe, generator, strength)
    elif recipe.shift:
        x = shift(x, round(strength * recipe.shift * min(x.shape[2:])), generator)
    if recipe.flips:
        x = flip(x, generator)
    if recipe.cutout:
        x = cut(x, round(strength * recipe.cutout * min(x.shape[2:])), generator)
    return x.contiguous(memory_format=torch.channels_last)


def warp(x: Tensor, recipe: Recipe, generator: torch.Generator, strength: float) -> Tensor:
    """One affine map a picture, with a smooth random displacement on top; edges are continued."""
    count = len(x)
    turn, wide, high, lean, right, down = _uniform((6, count), generator)
    angle = turn * (strength * math.radians(recipe.rotation))
    wide, high = torch.exp(strength * recipe.scale * torch.stack((wide, high)))
    lean = strength * recipe.shear * lean
    moves = 2 * strength * recipe.shift * torch.stack((right, down), dim=1)
    cos, sin = torch.cos(angle), torch.sin(angle)
    rows = torch.stack((wide * cos, lean - high * sin, wide * sin, high * cos + lean * sin), dim=1)
    maps = torch.cat((rows.reshape(count, 2, 2), moves[:, :, None]), dim=2)
    grid = functional.affine_grid(maps.to(x.device), list(x.shape), align_corners=False)
    if recipe.elastic:
        nodes = _uniform((count, 2, _ELASTIC_NODES, _ELASTIC_NODES), generator).to(x.device)
        field = functional.interpolate(nodes, x.shape[2:], mode="bicubic", align_corners=True)
        grid = grid + 2 * strength * recipe.elastic * field.permute(0, 2, 3, 1)
    return functional.grid_sample(x, grid, padding_mode="border", align_corners=False)


def shift(x: Tensor, pixels: int, generator: torch.Generator) -> Tensor:
    """Each picture moved by up to `pixels` in both directions; what moves in is mirrored."""
    count, _, height, width = x.shape
    padded = functional.pad(x, (pixels,) * 4, mode="reflect").permute(0, 2, 3, 1)
    down, right = torch.randint(0, 2 * pixels + 1, (2, count, 1), generator=generator)
    rows = (down + torch.arange(height))[:, :, None]
    columns = (right + torch.arange(width))[:, None, :]
    at = (torch.arange(count)[:, None, None], rows, columns)
    return padded[tuple(index.to(x.device) for index in at)].permute(0, 3, 1, 2)


def flip(x: Tensor, generator: torch.Generator) -> Tensor:
    """Half of the pictures mirrored."""
    mirrored = torch.rand((len(x), 1, 1, 1), generator=generator) < 0.5
    return torch.where(mirrored.to(x.device), x.flip(3), x)


def cut(x: Tensor, pixels: int, generator: torch.Generator) -> Tensor:
    """A square of `pixels` put to the mean (zero) somewhere in each picture."""
    count, _, height, width = x.shape
    down, right = torch.rand((2, count, 1), generator=generator)
    top = (down * (height - pixels + 1)).floor()
    left = (right * (width - pixels + 1)).floor()
    rows, columns = torch.arange(height), torch.arange(width)
    inside = ((rows >= top) & (rows < top + pixels))[:, :, None]
    inside = inside & ((columns >= left) & (columns < left + pixels))[:, None, :]
    return x.masked_fill(inside[:, None].to(x.device), 0.0)


def _uniform(size: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return torch.rand(size, generator=generator) * 2 - 1
