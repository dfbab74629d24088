"""Fit the last layer of the network, which hints at where strings are; writes it into the weights.

It sees one level alone, the second of `LEVELS` from below on its way up, and where it hints at
nothing the finest level is not computed. Run after burned_in_train.py, with what that needs::

    MEDSCAN_CORPUS=... MEDSCAN_FONTS=... PYTHONPATH=src python tools/burned_in_hint_train.py
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from burned_in_samples import background, pictures, sample
from burned_in_train import WEIGHTS, hints_everywhere
from napari_medscan.privacy.burned_in.network import NO_TEXT, apply, channels, layers_of

MARKED = 0.05
"""What a cell's mark must be for it to need a hint."""
KEPT = 0.995
"""The share of marks, each weighted by itself, for which there is a hint."""
STEPS = 60


def made(count: int, extra: Path | None, seed: int) -> tuple[Tensor, Tensor]:
    """Return what the level knows of cells of samples, and the marks of the four within each.

    Returns
    -------
    values : Tensor of float32, shape (cells, channels)
    marks : Tensor of float32, shape (cells, 4)
    """
    rng = np.random.default_rng(seed)
    all_pictures = pictures(extra)
    *layers, hint = layers_of("weights.npz")
    everywhere = hints_everywhere(hint.kernel.shape[2])
    values, marks = [], []
    for index in range(count):
        crop = background(rng, all_pictures) if index % 2 else sample(rng, all_pictures)[0]
        odds, middle = apply(channels(crop), (*layers, everywhere))
        high, wide, both = middle.shape
        values.append(middle[..., both - hint.kernel.shape[2] :].reshape(high * wide, -1))
        fours = odds.reshape(high, 2, wide, 2).swapaxes(1, 2).reshape(-1, 4)
        marks.append(1 / (1 + np.exp(-fours.clip(NO_TEXT, -NO_TEXT))))
    return torch.from_numpy(np.concatenate(values)), torch.from_numpy(np.concatenate(marks))


def fit(values: Tensor, marks: Tensor) -> nn.Linear:
    """Return a logistic regression of whether one of four cells is marked."""
    model = nn.Linear(values.shape[1], 1)
    best = marks.amax(dim=1)
    wanted = (best > MARKED).float()
    # Both kinds weigh the same in all.
    weight = torch.where(wanted > 0, best / best[wanted > 0].sum(), 1 / (wanted == 0).sum())
    spread = values.std(0) + 0.05
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=STEPS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        odds = model(values / spread)[:, 0]
        total = nn.functional.binary_cross_entropy_with_logits(
            odds, wanted, weight, reduction="sum"
        )
        total.backward()
        return total

    optimizer.step(loss)
    with torch.no_grad():
        model.weight /= spread
        odds = model(values)[:, 0]
        order = odds.argsort(descending=True)
        kept = (marks * (marks > MARKED)).sum(dim=1)[order].cumsum(0)
        least = odds[order][int((kept < KEPT * kept[-1]).sum())]
        model.bias -= least
        print(
            f"{KEPT:.2%} of the marks are in {float((odds >= least).float().mean()):.1%} of cells"
        )
    return model


def main() -> None:
    """Make samples, fit, save."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--extra", type=Path, help="more text-free pictures, as .npy files")
    arguments.add_argument("--samples", type=int, default=1500)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--weights", type=Path, default=WEIGHTS)
    options = arguments.parse_args()
    torch.manual_seed(options.seed)
    model = fit(*made(options.samples, options.extra, options.seed))
    with np.load(WEIGHTS, allow_pickle=False) as file:
        stored = dict(file)
    last = len(stored) // 2 - 1
    stored[f"kernel{last}"] = model.weight.detach().numpy().astype(np.float16)[..., None, None]
    stored[f"bias{last}"] = model.bias.detach().numpy().astype(np.float16)
    np.savez_compressed(options.weights, **stored)


if __name__ == "__main__":
    main()
