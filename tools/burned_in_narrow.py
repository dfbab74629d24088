"""Make the first two convolutions of the network as narrow as `LEVELS` has them.

Of the channels of stored weights, of which more are there, those stay that what follows
sees most of; then the first three convolutions are fitted to what they made before.
Run before burned_in_train.py, with what that needs, which trains on from what this
writes (`--start`) and keeps what was right (`--teacher`)::

    MEDSCAN_CORPUS=... MEDSCAN_FONTS=... PYTHONPATH=src python tools/burned_in_narrow.py IN OUT
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from burned_in_train import LEVELS, Network, loaded, many, save, shown, widen

FITTED = 3
"""Convolutions: those that lose channels, and the one that sees the last of them."""
BATCH = 16
FASTEST = 4e-3


def first(model: Network, values: Tensor, count: int = FITTED) -> list[Tensor]:
    """Return what each of the first convolutions makes."""
    made = []
    for convolution, norm in zip(model.convolutions[:count], model.norms[:count], strict=True):
        values = norm(convolution(values)).relu()
        made.append(values)
    return made


def narrowed(path: Path, model: Network, values: Tensor) -> dict[str, NDArray[np.float16]]:
    """Return stored weights with the channels that are seen most of, of the first layers."""
    with np.load(path, allow_pickle=False) as stored:
        weights = dict(stored)
    with torch.no_grad():
        made = first(model, values, FITTED - 1)
    for index, each in enumerate(made):
        following = weights[f"kernel{index + 1}"].astype(np.float32)
        seen = each.std((0, 2, 3)).numpy() * np.sqrt((following**2).sum((0, 2, 3)))
        kept = np.sort(np.argsort(-seen)[: LEVELS[0][index][1]])
        for name in (f"kernel{index}", f"bias{index}"):
            weights[name] = weights[name][kept]
        weights[f"kernel{index + 1}"] = weights[f"kernel{index + 1}"][:, kept]
    return weights


def fit(model: Network, wide: Network, crops: NDArray[np.uint8], steps: int) -> None:
    """Have the first convolutions make what those of another network do."""
    rng = np.random.default_rng(1)
    fitted = [p for part in (model.convolutions, model.norms) for p in part[:FITTED].parameters()]
    optimizer = torch.optim.AdamW(fitted, FASTEST, weight_decay=1e-4)
    with torch.no_grad():
        spread = first(wide, shown(crops[:96]))[-1].std((0, 2, 3), keepdim=True) + 0.03
    for step in range(steps):
        rate = min(1.0, step / 20) * 0.5 * (1 + np.cos(np.pi * step / steps))
        for group in optimizer.param_groups:
            group["lr"] = FASTEST * max(rate, 0.02)
        values = shown(crops[rng.integers(len(crops), size=BATCH)])
        values = -values if rng.random() < 0.3 else values
        values = values.contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            with torch.no_grad():
                wanted = first(wide, values)[-1]
            made = first(model, values)[-1]
        loss = ((made.float() - wanted.float()) / spread).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 100 == 99:
            print(f"step {step + 1} of {steps}, apart by {float(loss.detach()):.3f}", flush=True)


def main() -> None:
    """Choose channels, fit, save."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("wide", type=Path)
    arguments.add_argument("narrow", type=Path)
    arguments.add_argument("--extra", type=Path, help="more text-free pictures, as .npy files")
    arguments.add_argument("--samples", type=int, default=1200)
    arguments.add_argument("--steps", type=int, default=900)
    options = arguments.parse_args()
    crops, _, empty = many((1, options.samples, options.extra))
    some = shown(crops[:96])
    wide, model = loaded(options.wide, some), Network()
    with tempfile.TemporaryDirectory() as folder:
        chosen = Path(folder) / "weights.npz"
        np.savez(chosen, **narrowed(options.wide, wide, some))
        widen(model, chosen, some)
    model = model.to(memory_format=torch.channels_last)
    fit(model, wide, np.concatenate([crops, empty]), options.steps)
    save(model.eval(), options.narrow)


if __name__ == "__main__":
    main()
