"""A two-layer network on points of two spirals: small enough for any machine, hard enough to take its time."""

from typing import Any

import numpy as np

Vector = np.ndarray[Any, np.dtype[np.float32]]
_SHAPES = ((2, 32), (32,), (32, 1), (1,))
SIZE = sum(int(np.prod(shape)) for shape in _SHAPES)


def first_parameters(seed: int = 7) -> Vector:
    """Return the parameters every participant begins with."""
    return (np.random.default_rng(seed).standard_normal(SIZE) * 0.5).astype(np.float32)


def batch(generator: np.random.Generator, size: int) -> tuple[Vector, Vector]:
    """Return (points, labels 0 or 1) of the two spirals."""
    labels = generator.integers(0, 2, size)
    turn = generator.uniform(0.5, 3.0 * np.pi, size)
    angle = turn + labels * np.pi
    points = np.stack([np.cos(angle), np.sin(angle)], 1) * (turn / (3.0 * np.pi))[:, None]
    points += generator.normal(0, 0.02, points.shape)
    return points.astype(np.float32), labels.astype(np.float32)[:, None]


def _parts(parameters: Vector) -> list[Vector]:
    found, at = [], 0
    for shape in _SHAPES:
        size = int(np.prod(shape))
        found.append(parameters[at : at + size].reshape(shape))
        at += size
    return found


def loss_and_gradient(parameters: Vector, points: Vector, labels: Vector) -> tuple[float, float, Vector]:
    """Return (mean cross entropy, accuracy, gradient as one vector)."""
    first, first_bias, second, second_bias = _parts(parameters)
    hidden = np.tanh(points @ first * 4 + first_bias)
    chance = 1 / (1 + np.exp(-np.clip(hidden @ second + second_bias, -30, 30)))
    loss = float(-np.mean(labels * np.log(chance + 1e-7) + (1 - labels) * np.log(1 - chance + 1e-7)))
    accuracy = float(np.mean((chance > 0.5) == (labels > 0.5)))
    slope = (chance - labels) / len(points)
    back = (slope @ second.T) * (1 - hidden**2)
    pieces = (points.T @ back * 4, back.sum(0), hidden.T @ slope, slope.sum(0))
    return loss, accuracy, np.concatenate([piece.ravel() for piece in pieces]).astype(np.float32)
