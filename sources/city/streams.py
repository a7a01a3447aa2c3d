"""Randomness that does not depend on order.

People are drawn from named generators; everything that happens to a record is a function of (seed, name, entry), so the
same record carries the same error in every delivery it stands in, whatever the order of rows or number of threads.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def generator(seed: int, name: str) -> np.random.Generator:
    """A generator of its own for each name, so that drawing more of one thing changes no other."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(name.encode())])))


def uniform(seed: int, name: str, entries: npt.NDArray[np.integer]) -> Floats:
    """Numbers in [0, 1), a function of seed, name and entry alone (SplitMix64, Steele et al. 2014)."""
    offset = np.uint64((seed * 0x100000001B3 + zlib.crc32(name.encode()) * 0x9E3779B97F4A7C15) % 2**64)
    with np.errstate(over="ignore"):
        value = (entries.astype(np.uint64) + np.uint64(1)) * _GOLDEN + offset
        for _ in range(2):
            value = (value ^ (value >> np.uint64(30))) * _MIX_1
            value = (value ^ (value >> np.uint64(27))) * _MIX_2
            value = value ^ (value >> np.uint64(31))
    return (value >> np.uint64(11)).astype(np.float64) / float(2**53)


def whole(draw: Floats, n: int | npt.NDArray[np.integer]) -> Ints:
    """Uniform numbers in [0, 1) as whole numbers 0 to n - 1."""
    return np.floor(draw * n).astype(np.int64)


def choose(draw: Floats, weights: Sequence[float] | Floats) -> Ints:
    """Uniform numbers in [0, 1) as positions in a list with weights."""
    cumulative = np.cumsum(np.asarray(weights, dtype=np.float64))
    return np.minimum(np.searchsorted(cumulative / cumulative[-1], draw, side="right"), len(cumulative) - 1)
