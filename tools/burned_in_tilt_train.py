"""Train the small network that says where a string is tilted; writes its weights into the package.

It is given what the network of `burned_in_train.py`, which stays as it is, knows in its
middle. Run after that, with what that needs::

    MEDSCAN_CORPUS=... MEDSCAN_FONTS=... PYTHONPATH=src python tools/burned_in_tilt_train.py
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from burned_in_drawing import Gray, fonts, tile
from burned_in_samples import (
    LARGEST,
    SCRIPTS,
    SIDE,
    SMALLEST,
    Floats,
    Random,
    compressed,
    crop_without_text,
    pictures,
    string,
    styled,
)
from burned_in_train import WEIGHTS
from napari_medscan.privacy.burned_in.network import maps
from napari_medscan.privacy.burned_in.tilted import CELL

SPANS = ((15, 39), (36, 54), (51, 75))
"""Degrees, of a right angle: strings that are to be turned by 30, 45 and 60."""
LEVEL = 8
"""Degrees: a string tilted by less is none; one of an angle between counts for neither."""
WRITTEN, TILTED, BLURRED, STACKED = 0.6, 0.6, 0.3, 0.05
"""The share of crops with strings, and of strings that are tilted at will, blurred, stacked."""
CHANNELS = (48, 32, len(SPANS))
HELD = 600
"""So many crops measure."""
BATCH = 48


def write(rng: Random, crop: Floats, known: Gray) -> None:
    """Write one string where there is none, and say where.

    Parameters
    ----------
    known : ndarray of uint8, shape (4, SIDE, SIDE)
        For each of `SPANS` 1 where such a string is, and 2 where one counts for neither;
        at last 1 where any string is.
    """
    script = str(rng.choice(list(SCRIPTS), p=list(SCRIPTS.values())))
    path = str(rng.choice(fonts(training=True)[script]))
    low, high = np.log(SMALLEST), np.log(LARGEST)
    size = round(float(np.exp(low + (high - low) * rng.random() ** 1.5)))
    tilted = rng.random() < TILTED
    angle = int(rng.integers(-180, 180) if tilted else rng.choice([0, 0, 90, 180, 270]))
    blurred = size >= CELL and rng.random() < BLURRED
    ink, field = tile(
        string(rng, script),
        path,
        size,
        soft=bool(rng.random() < 0.5),
        angle=angle,
        factor=int(rng.choice([1, 1, 1, 2])) if size >= 12 and not blurred else 1,
        stacked=bool(rng.random() < STACKED),
        blur=float(rng.uniform(0.7, max(0.8, size / 7))) if blurred else 0,
    )
    ink, field = ink[:SIDE, :SIDE], field[:SIDE, :SIDE]
    tall, wide = ink.shape
    top, left = (int(rng.integers(0, SIDE - length + 1)) for length in (tall, wide))
    where = np.s_[top : top + tall, left : left + wide]
    if min(tall, wide) < 4 or ink.max() < 0.2 or known[-1][where].any():
        return
    crop[where], faint = styled(rng, crop[where], ink, field)
    apart = angle % 90
    inside = [low <= apart <= high for low, high in SPANS]
    neither = faint or (not any(inside) and LEVEL < apart < 90 - LEVEL)
    for index, one in enumerate((*inside, True)):
        known[index][where][field > 0.5] = 2 if neither else one


def sample(rng: Random, all_pictures: list[Floats]) -> tuple[Gray, Gray]:
    """Make one crop, and its target: 0 is not tilted so, 1 is, 2 counts for neither."""
    crop = crop_without_text(rng, all_pictures)
    known = np.zeros((len(SPANS) + 1, SIDE, SIDE), np.uint8)
    if rng.random() < WRITTEN:
        for _ in range(int(rng.integers(1, 6))):
            write(rng, crop, known)
    if rng.random() < 0.2:
        crop = compressed(rng, crop)
    cells = (len(SPANS), SIDE // CELL, CELL, SIDE // CELL, CELL)
    share, neither = ((known[:-1] == kind).reshape(cells).mean(axis=(2, 4)) for kind in (1, 2))
    target = np.where(share >= 0.5, 1, np.where((share > 0.05) | (neither > 0.05), 2, 0))
    return crop.round().clip(0, 255).astype(np.uint8), target.astype(np.uint8)


def made(count: int, extra: Path | None, seed: int) -> tuple[Tensor, Tensor]:
    """Return what the network knows of samples in its middle, in half precision, and targets."""
    rng = np.random.default_rng(seed)
    all_pictures = pictures(extra)
    values, targets = [], []
    for _ in range(count):
        crop, target = sample(rng, all_pictures)
        values.append(maps(crop)[1].transpose(2, 0, 1).astype(np.float16))
        targets.append(target)
    return torch.from_numpy(np.stack(values)), torch.from_numpy(np.stack(targets))


def loss_of(odds: Tensor, targets: Tensor) -> Tensor:
    """Return the weighted cross-entropy; what is settled weighs little."""
    losses = nn.functional.binary_cross_entropy_with_logits(
        odds, (targets == 1).float(), reduction="none"
    )
    wrong = torch.where(targets == 1, 1 - odds.sigmoid(), odds.sigmoid()).detach()
    weight = (targets != 2) * (0.1 + wrong) * torch.where(targets == 1, 2.0, 1.0)
    return ((losses * weight).sum((0, 2, 3)) / weight.sum((0, 2, 3)).clamp(min=1)).sum()


def precision(odds: Tensor, targets: Tensor) -> list[float]:
    """Return the mean precision over all thresholds, for each angle."""
    result = []
    for index in range(len(SPANS)):
        counts = targets[:, index] != 2
        order = odds[:, index][counts].argsort(descending=True)
        right = (targets[:, index][counts][order] == 1).double()
        precise = right.cumsum(0) / torch.arange(1, len(right) + 1)
        result.append(float((precise * right).sum() / right.sum().clamp(min=1)))
    return result


def train(
    values: Tensor, targets: Tensor, epochs: int, rng: Random, start: Path | None, fastest: float
) -> nn.Sequential:
    """Train on all but `HELD`, with one cycle of the learning rate, and print how it does."""
    narrow, wide, last = CHANNELS
    model = nn.Sequential(
        nn.Conv2d(values.shape[1], narrow, 1),
        nn.ReLU(),
        nn.Conv2d(narrow, wide, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(wide, last, 3, padding=1),
    )
    spread = (values[:HELD].float().std((0, 2, 3)) + 0.05)[:, None, None]
    if start:
        put(model, start, spread)
    optimizer = torch.optim.AdamW(model.parameters(), fastest, weight_decay=1e-2)
    steps = (len(values) - HELD) // BATCH
    for epoch in range(epochs):
        order = HELD + rng.permutation(len(values) - HELD)
        for step in range(steps):
            passed = (epoch + step / steps) / epochs
            for group in optimizer.param_groups:
                group["lr"] = fastest * min(1.0, passed * 40) * 0.5 * (1 + np.cos(np.pi * passed))
            chosen = torch.from_numpy(order[step * BATCH : (step + 1) * BATCH])
            loss = loss_of(model(values[chosen].float() / spread), targets[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.inference_mode():
            odds = model(values[:HELD].float() / spread)
        error = float(loss_of(odds, targets[:HELD]))
        scores = ", ".join(f"{score:.3f}" for score in precision(odds, targets[:HELD]))
        print(f"epoch {epoch} loss {error:.3f} precision {scores}", flush=True)
    with torch.no_grad():
        model[0].weight /= spread
    return model


def put(model: nn.Sequential, path: Path, spread: Tensor) -> None:
    """Put stored weights into a network that is given values divided by their spread."""
    with np.load(path, allow_pickle=False) as stored, torch.no_grad():
        for index, layer in enumerate(model[::2]):
            layer.weight[:] = torch.from_numpy(stored[f"kernel{index}"].astype(np.float32))
            layer.bias[:] = torch.from_numpy(stored[f"bias{index}"].astype(np.float32))
        model[0].weight *= spread


def main() -> None:
    """Make samples, train, save."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--extra", type=Path, help="more text-free pictures, as .npy files")
    arguments.add_argument("--samples", type=int, default=18000)
    arguments.add_argument("--epochs", type=int, default=12)
    arguments.add_argument("--fastest", type=float, default=3e-3, help="the highest learning rate")
    arguments.add_argument("--start", type=Path, help="weights to train on from")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--weights", type=Path, default=WEIGHTS.with_name("tilt_weights.npz"))
    options = arguments.parse_args()
    torch.manual_seed(options.seed)
    rng = np.random.default_rng(options.seed)
    values, targets = made(options.samples, options.extra, options.seed)
    model = train(values, targets, options.epochs, rng, options.start, options.fastest)
    stored = {}
    for index, layer in enumerate(model[::2]):
        stored[f"kernel{index}"] = layer.weight.detach().numpy().astype(np.float16)
        stored[f"bias{index}"] = layer.bias.detach().numpy().astype(np.float16)
    np.savez_compressed(options.weights, **stored)


if __name__ == "__main__":
    main()
