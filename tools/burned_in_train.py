"""Train the network that looks for burned-in text; writes its weights into the package.

Needs torch, which nothing else does, and fonts (see burned_in_drawing.py)::

    MEDSCAN_CORPUS=... MEDSCAN_FONTS=... PYTHONPATH=src python tools/burned_in_train.py

Samples come from `TRAINING` cases and made-up structures; `--extra` holds more
text-free pictures or volumes as .npy files. After the first half of the time,
text-free crops that the network takes for text are added, several times over.
One seed, but the number of steps follows the clock, so weights differ a little.
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from burned_in_drawing import Gray
from burned_in_samples import background, pictures, sample
from napari_medscan.privacy.burned_in.network import LAYERS, channels

WEIGHTS = Path(__file__).parents[1] / "src/napari_medscan/privacy/burned_in/weights.npz"
WIDTHS = (2, 16, 24, 24, 24, 24, 24, 1)
BATCH = 24
AGAINST_FALSE_ALARMS = 2.0
"""What a cell without text weighs against one with text."""
PROCESSES = 2


def build() -> nn.Sequential:
    """Return the network; batch norms are folded into the convolutions when saved."""
    parts: list[nn.Module] = []
    for index, (size, stride, dilation) in enumerate(LAYERS):
        last = index == len(LAYERS) - 1
        parts.append(
            nn.Conv2d(
                WIDTHS[index],
                WIDTHS[index + 1],
                size,
                stride,
                dilation * (size // 2),
                dilation,
                bias=last,
            )
        )
        if not last:
            parts += [nn.BatchNorm2d(WIDTHS[index + 1]), nn.ReLU()]
    return nn.Sequential(*parts)


def save(model: nn.Sequential, path: Path) -> None:
    """Write kernels and biases in half precision, each batch norm folded in."""
    stored = {}
    modules = list(model)
    convolutions = [i for i, module in enumerate(modules) if isinstance(module, nn.Conv2d)]
    for index, place in enumerate(convolutions):
        kernel = modules[place].weight.detach().double()
        if place + 1 < len(modules):
            norm = modules[place + 1]
            scale = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
            bias = norm.bias.double() - norm.running_mean.double() * scale
            kernel = kernel * scale[:, None, None, None]
        else:
            bias = modules[place].bias.double()
        stored[f"kernel{index}"] = kernel.detach().numpy().astype(np.float16)
        stored[f"bias{index}"] = bias.detach().numpy().astype(np.float16)
    np.savez_compressed(path, **stored)


def _many(request: tuple[int, int, Path | None, float]) -> tuple[Gray, Gray]:
    seed, count, extra, written = request
    rng = np.random.default_rng(seed)
    all_pictures = pictures(extra)
    made = [sample(rng, all_pictures, written) for _ in range(count)]
    return np.stack([one[0] for one in made]), np.stack([one[1] for one in made])


def _empty(request: tuple[int, int, Path | None]) -> Gray:
    seed, count, extra = request
    rng = np.random.default_rng(seed)
    all_pictures = pictures(extra)
    return np.stack([background(rng, all_pictures).round().astype(np.uint8) for _ in range(count)])


def shown(crops: Gray) -> Tensor:
    """Return what the network is shown of crops."""
    return torch.from_numpy(np.stack([channels(crop) for crop in crops]))


def loss_of(values: Tensor, targets: Tensor) -> Tensor:
    """Return the weighted cross-entropy; cells that count for neither weigh nothing."""
    weight = torch.where(targets == 0, AGAINST_FALSE_ALARMS, 1.0) * (targets != 2)
    losses = nn.functional.binary_cross_entropy_with_logits(
        values, (targets == 1).float(), reduction="none"
    )
    # Most cells without text are settled early; those that are not decide the threshold.
    hard = torch.where(targets == 1, 1 - values.sigmoid(), values.sigmoid()).detach()
    return (losses * weight * (0.1 + hard)).sum() / (weight * (0.1 + hard)).sum().clamp(min=1)


def train(
    model: nn.Sequential, crops: Gray, targets: Gray, minutes: float, rng: np.random.Generator
) -> None:
    """Train for some minutes, with one cycle of the learning rate."""
    optimiser = torch.optim.AdamW(model.parameters(), 1e-3, weight_decay=1e-4)
    start, step, total = time.monotonic(), 0, 0.0
    model.train()
    while (passed := (time.monotonic() - start) / (60 * minutes)) < 1:
        for group in optimiser.param_groups:
            rate = min(1.0, passed * 20) * 0.5 * (1 + np.cos(np.pi * passed))
            group["lr"] = 4e-3 * max(rate, 0.005)
        chosen = rng.integers(len(crops), size=BATCH)
        picked, wanted = crops[chosen], targets[chosen]
        if rng.random() < 0.3:
            picked, wanted = picked[:, ::-1, ::-1], wanted[:, ::-1, ::-1]
        if rng.random() < 0.35:
            # A quarter turn, as text that runs upwards has made.
            picked, wanted = (part.swapaxes(1, 2)[:, ::-1] for part in (picked, wanted))
        if rng.random() < 0.3:
            picked = 255 - picked
        values = model(shown(picked))[:, 0]
        loss = loss_of(values, torch.from_numpy(wanted.astype(np.int64).copy()))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        total += float(loss.detach())
        step += 1
        if step % 100 == 0:
            print(f"{passed:.0%} step {step} loss {total / 100:.4f}", flush=True)
            total = 0.0
    model.eval()


def mined(model: nn.Sequential, empty: Gray, keep: int) -> Gray:
    """Return the text-free crops that look most like text."""
    worst = []
    with torch.no_grad():
        for start in range(0, len(empty), BATCH):
            values = model(shown(empty[start : start + BATCH]))[:, 0].flatten(1)
            worst.append(values.topk(6, dim=1).values.mean(dim=1).numpy())
    order = np.argsort(np.concatenate(worst))[::-1][:keep]
    ends = np.concatenate(worst)[order][[0, -1]]
    print(f"mined {keep}: logits from {ends[0]:.1f} to {ends[1]:.1f}", flush=True)
    return empty[order]


def main() -> None:
    """Make samples, train, mine, train on, and save."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--extra", type=Path)
    arguments.add_argument("--samples", type=int, default=12000)
    arguments.add_argument("--minutes", type=float, default=15)
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--cache", type=Path, help="where samples are kept between runs")
    arguments.add_argument(
        "--start", type=Path, nargs="+", default=[], help="checkpoints whose mean to train on from"
    )
    arguments.add_argument("--checkpoint", type=Path, help="where to keep what --start takes")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--weights", type=Path, default=WEIGHTS)
    options = arguments.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    rng = np.random.default_rng(options.seed)
    if options.cache and options.cache.exists():
        with np.load(options.cache, allow_pickle=False) as kept:
            crops, targets, empty = kept["crops"], kept["targets"], kept["empty"]
    else:
        crops, targets, empty = made(options.samples, options.extra, options.seed)
        if options.cache:
            np.savez(options.cache, crops=crops, targets=targets, empty=empty)
    print(f"{len(crops)} samples, {len(empty)} without text", flush=True)
    model = build()
    if options.start:
        model.load_state_dict(mean(options.start))
    parts = 1 if options.start else 2
    for part in range(parts):
        if part or options.start:
            hard = mined(model, empty, len(empty) // 8)
            crops = np.concatenate([crops, *[hard] * 3])
            nothing = np.zeros((3 * len(hard), *targets.shape[1:]), np.uint8)
            targets = np.concatenate([targets, nothing])
        train(model, crops, targets, options.minutes / parts, rng)
    if options.checkpoint:
        torch.save(model.state_dict(), options.checkpoint)
    save(model, options.weights)


def mean(paths: list[Path]) -> dict[str, Tensor]:
    """Return the mean of checkpoints that were trained on from one."""
    states = [torch.load(path, weights_only=True) for path in paths]
    return {
        name: (sum(state[name].double() for state in states) / len(states)).to(first.dtype)
        for name, first in states[0].items()
    }


def made(samples: int, extra: Path | None, seed: int) -> tuple[Gray, Gray, Gray]:
    """Make samples, and crops without text to mine in, in processes of their own."""
    part = 500
    context = get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=context) as pool:
        seeds = [seed * 100_000 + i for i in range(samples // part)]
        rows = list(pool.map(_many, [(s, part, extra, 0.7) for s in seeds]))
        empties = list(pool.map(_empty, [(s + 50_000, part, extra) for s in seeds]))
    return (
        np.concatenate([row[0] for row in rows]),
        np.concatenate([row[1] for row in rows]),
        np.concatenate(empties),
    )


if __name__ == "__main__":
    main()
