"""Train the network that looks for burned-in text; writes its weights into the package.

Needs torch, which nothing else does, and fonts (see burned_in_drawing.py)::

    MEDSCAN_CORPUS=... MEDSCAN_FONTS=... PYTHONPATH=src python tools/burned_in_train.py

Samples come from `TRAINING` cases, a phantom and made-up structures; `--extra` holds
more text-free pictures or volumes as .npy files, `--start` weights to train on
from, of as many channels or fewer, and `--teacher` weights, of any number of channels,
whose right answers are to be kept. Each round makes new samples, and adds
those without text that the network takes for text so far.
One seed and one number of steps make much the same weights again; those in the package
were trained on for some 700 steps with ``--fastest 3e-4 --against 4``, then for some 770
with ``--fastest 3.5e-4 --samples 500``. Then run burned_in_hint_train.py and
burned_in_tilt_train.py, whose layers see what these know; of the latter, those in the
package are of the weights before, since new ones found fewer strings.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from burned_in_drawing import Gray
from burned_in_samples import SIDE, background, pictures, sample
from napari_medscan.privacy.burned_in.convolution import Layer
from napari_medscan.privacy.burned_in.network import AROUND, LEVELS, channels

WEIGHTS = Path(__file__).parents[1] / "src/napari_medscan/privacy/burned_in/weights.npz"
BATCH = 24
HARD = 6
"""One of so many text-free crops is kept as hard, for two rounds."""
KEPT = 0.3
"""What losing a right answer of the teacher weighs."""
LESS = 0.8
"""What is left of the mark that the teacher gives to what is no text."""
REMEMBERED = 0.995
"""How much of the mean of all weights so far a step keeps; that mean is what is saved."""
PROCESSES = 2
Levels = tuple[tuple[tuple[int, int], ...], ...]


class Network(nn.Module):
    """What `network.apply` computes; batch norms are folded into the convolutions when saved."""

    def __init__(self, levels: Levels = LEVELS) -> None:
        super().__init__()
        convolutions, inner, ends = [], 1 + len(AROUND), []
        for level in levels:
            for index, (size, out) in enumerate(level):
                stride = 1 if index else 2
                convolutions.append(nn.Conv2d(inner, out, size, stride, size // 2, bias=False))
                inner = out
            ends.append(inner)
        for detail in ends[-2:0:-1]:
            convolutions.append(nn.Conv2d(inner, detail, 1, bias=False))
            convolutions.append(nn.Conv2d(detail, detail, 3, padding=1, bias=False))
            inner = detail
        self.convolutions = nn.ModuleList(convolutions)
        self.norms = nn.ModuleList(nn.BatchNorm2d(one.out_channels) for one in convolutions)
        self.last = nn.Conv2d(inner, 1, 1)

    def forward(self, values: Tensor) -> Tensor:
        """Return the logits of each cell."""
        remaining = (
            nn.Sequential(*pair) for pair in zip(self.convolutions, self.norms, strict=True)
        )
        seen = []
        for level in LEVELS:
            for _ in level:
                values = next(remaining)(values).relu()
            seen.append(values)
        for detail in seen[-2:0:-1]:
            coarse = nn.functional.interpolate(next(remaining)(values), scale_factor=2)
            values = next(remaining)((coarse + detail).relu()).relu()
        return self.last(values)


def widen(model: Network, path: Path, crops: Tensor) -> None:
    """Have a network compute what stored weights do, of as many channels or fewer a layer.

    Channels that are more add nothing at first. Each batch norm starts with the
    statistics of some crops.
    """
    with np.load(path, allow_pickle=False) as stored, torch.no_grad():
        layers = [
            (torch.from_numpy(stored[f"kernel{i}"]), torch.from_numpy(stored[f"bias{i}"]))
            for i in range(len(model.convolutions) + 1)
        ]
        hooks = []
        for convolution, norm, (kernel, bias) in zip(
            model.convolutions, model.norms, layers, strict=False
        ):
            put(convolution, kernel)
            hooks.append(norm.register_forward_pre_hook(partial(begin, bias=bias)))
        put(model.last, layers[-1][0])
        model.last.bias[:] = layers[-1][1]
        model.eval()(crops)
        for hook in hooks:
            hook.remove()
        model.train()


def levels_of(path: Path) -> Levels:
    """Return `LEVELS` with the channels that stored weights have."""
    with np.load(path, allow_pickle=False) as stored:
        channels = iter([stored[name].size for name in stored.files if name.startswith("bias")])
    return tuple(tuple((size, next(channels)) for size, _ in level) for level in LEVELS)


def loaded(path: Path, crops: Tensor) -> Network:
    """Return the network that stored weights are, not to be trained."""
    model = Network(levels_of(path))
    widen(model, path, crops)
    return model.eval().to(memory_format=torch.channels_last)


def put(convolution: nn.Conv2d, kernel: Tensor) -> None:
    """Put a kernel among the first channels; those from other channels to these become 0."""
    out, inner = kernel.shape[:2]
    convolution.weight[:out] = 0
    convolution.weight[:out, :inner] = kernel


def begin(norm: nn.BatchNorm2d, inputs: tuple[Tensor], bias: Tensor) -> None:
    """Have a batch norm add a bias and else, of what it is given, change nothing."""
    mean, variance = inputs[0].mean((0, 2, 3)), inputs[0].var((0, 2, 3))
    norm.running_mean[:], norm.running_var[:] = mean, variance
    known = slice(len(bias))
    norm.weight[known] = torch.sqrt(variance + norm.eps)[known]
    norm.bias[known] = bias + mean[known]


def save(model: Network, path: Path) -> None:
    """Write kernels and biases in half precision, each batch norm folded in."""
    folded = []
    for convolution, norm in zip(model.convolutions, model.norms, strict=True):
        scale = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
        kernel = convolution.weight.double() * scale[:, None, None, None]
        folded.append((kernel, norm.bias.double() - norm.running_mean.double() * scale))
    folded.append((model.last.weight, model.last.bias))
    stored = {}
    for index, (kernel, bias) in enumerate(folded):
        stored[f"kernel{index}"] = kernel.detach().numpy().astype(np.float16)
        stored[f"bias{index}"] = bias.detach().numpy().astype(np.float16)
    # Its last layer hints at all, until burned_in_hint_train fits it.
    everywhere = hints_everywhere(model.convolutions[-2].in_channels)
    stored[f"kernel{len(folded)}"] = everywhere.kernel.transpose(3, 2, 0, 1).astype(np.float16)
    stored[f"bias{len(folded)}"] = everywhere.bias.astype(np.float16)
    np.savez_compressed(path, **stored)


def hints_everywhere(inner: int) -> Layer:
    """Return a last layer that hints at a string in all cells."""
    return Layer(np.zeros((1, 1, inner, 1), np.float32), np.ones(1, np.float32))


def many(request: tuple[int, int, Path | None]) -> tuple[Gray, Gray, Gray]:
    """Make samples and as many crops without text, from a seed."""
    seed, count, extra = request
    rng = np.random.default_rng(seed)
    all_pictures = pictures(extra)
    made = [sample(rng, all_pictures) for _ in range(count)]
    empty = [background(rng, all_pictures) for _ in range(count)]
    return np.stack([one[0] for one in made]), np.stack([one[1] for one in made]), np.stack(empty)


def made(samples: int, extra: Path | None, seed: int) -> tuple[Gray, Gray, Gray]:
    """Make samples, and crops without text to mine in, in processes of their own."""
    part = 500
    context = get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=context) as pool:
        requests = [(100_000 * seed + i, part, extra) for i in range(samples // part)]
        rows = list(pool.map(many, requests))
    crops, targets, empty = (np.concatenate(kind) for kind in zip(*rows, strict=True))
    return crops, targets, empty


def shown(crops: Gray) -> Tensor:
    """Return what the network is shown of crops."""
    return torch.from_numpy(np.stack([channels(crop).transpose(2, 0, 1) for crop in crops]))


def loss_of(values: Tensor, targets: Tensor, against: float) -> Tensor:
    """Return the weighted cross-entropy; cells that count for neither weigh nothing."""
    weight = torch.where(targets == 0, against, 1.0) * (targets != 2)
    losses = nn.functional.binary_cross_entropy_with_logits(
        values, (targets == 1).float(), reduction="none"
    )
    # Most cells without text are settled early; those that are not decide the threshold.
    hard = torch.where(targets == 1, 1 - values.sigmoid(), values.sigmoid()).detach()
    return (losses * weight * (0.1 + hard)).sum() / (weight * (0.1 + hard)).sum().clamp(min=1)


def lost(values: Tensor, known: Tensor, targets: Tensor) -> Tensor:
    """Return how far from the right answers of a teacher others are."""
    entropy = partial(nn.functional.binary_cross_entropy_with_logits, reduction="none")
    marks = known.sigmoid()
    right = (targets == 0) | ((targets == 1) & (marks > 0.5))
    apart = entropy(values, torch.where(targets == 0, LESS * marks, marks))
    apart = (apart - entropy(known.clamp(-12, 12), marks)).clamp(min=0)
    weight = right * (0.05 + (values.sigmoid() - marks).abs().detach())
    return (apart * weight).sum() / weight.sum().clamp(min=1)


@dataclass
class Training:
    """A network, the mean of what it was so far, and how far it has come."""

    steps: int
    rng: np.random.Generator
    fastest: float
    model: Network = field(default_factory=Network)
    teacher: Network | None = None
    against: float = 2
    """What a cell without text weighs against one with text."""
    taken: int = 0

    def __post_init__(self) -> None:
        self.optimizer = torch.optim.AdamW(self.model.parameters(), self.fastest, weight_decay=1e-4)
        self.mean = AveragedModel(
            self.model, multi_avg_fn=get_ema_multi_avg_fn(REMEMBERED), use_buffers=True
        ).eval()

    def go_on(self, crops: Gray, targets: Gray, until: float) -> None:
        """Train until a part of the steps is taken, with one cycle of the learning rate in all."""
        total = 0.0
        while (passed := self.taken / self.steps) < until:
            for group in self.optimizer.param_groups:
                rate = min(1.0, passed * 40) * 0.5 * (1 + np.cos(np.pi * passed))
                group["lr"] = self.fastest * max(rate, 0.005)
            total += self.step(crops, targets)
            if self.taken % 100 == 0:
                print(f"{passed:.1%} step {self.taken} loss {total / 100:.4f}", flush=True)
                total = 0.0

    def step(self, crops: Gray, targets: Gray) -> float:
        """Take one step with some samples, turned and inverted at will; returns the loss."""
        chosen = self.rng.integers(len(crops), size=BATCH)
        values, wanted = shown(crops[chosen]), torch.from_numpy(targets[chosen])
        turns = int(self.rng.choice(4, p=(0.7, 0.13, 0.04, 0.13)))
        values, wanted = (torch.rot90(part, turns, (-2, -1)) for part in (values, wanted))
        if self.rng.random() < 0.1:
            # A view can be mirrored.
            values, wanted = values.flip(-1), wanted.flip(-1)
        if self.rng.random() < 0.3:
            values = -values
        values = values.contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            logits = self.model(values)[:, 0]
            known = None if self.teacher is None else self.teacher(values)[:, 0].detach()
        loss = loss_of(logits.float(), wanted, self.against)
        if known is not None:
            loss = loss + KEPT * lost(logits.float(), known.float(), wanted)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.mean.update_parameters(self.model)
        self.taken += 1
        return float(loss.detach())


def hardest(model: nn.Module, empty: Gray) -> Gray:
    """Return the text-free crops that look most like text."""
    worst = []
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for start in range(0, len(empty), BATCH):
            values = model(shown(empty[start : start + BATCH]))[:, 0].flatten(1)
            worst.append(values.topk(6, dim=1).values.mean(dim=1).float().numpy())
    marks = np.concatenate(worst)
    order = np.argsort(marks)[::-1][: len(empty) // HARD]
    print(f"mined: logits from {marks[order[0]]:.1f} to {marks[order[-1]]:.1f}", flush=True)
    return empty[order]


def main() -> None:
    """Make samples, train, keep what was hard, and so on; then save."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--extra", type=Path)
    arguments.add_argument("--samples", type=int, default=1000, help="a round")
    arguments.add_argument("--rounds", type=int, default=45)
    arguments.add_argument("--steps", type=int, default=6000, help="in all")
    arguments.add_argument(
        "--fastest", type=float, default=1.5e-3, help="the highest learning rate"
    )
    arguments.add_argument("--against", type=float, default=2, help="false alarms: their weight")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--weights", type=Path, default=WEIGHTS)
    arguments.add_argument("--start", type=Path, help="weights to train on from")
    arguments.add_argument("--teacher", type=Path, help="weights whose right answers to keep")
    options = arguments.parse_args()
    torch.manual_seed(options.seed)
    training = Training(options.steps, np.random.default_rng(options.seed), options.fastest)
    training.against = options.against
    some = shown(many((options.seed, 96, options.extra))[0])
    if options.teacher:
        training.teacher = loaded(options.teacher, some)
    if options.start:
        widen(training.model, options.start, some)
        training.mean.module.load_state_dict(training.model.state_dict())
    hard = np.empty((0, SIDE, SIDE), np.uint8)
    for round_ in range(options.rounds):
        crops, targets, empty = made(options.samples, options.extra, 10 * options.seed + round_)
        if round_ or options.start:
            hard = np.concatenate([hard[-(len(empty) // HARD) :], hardest(training.mean, empty)])
        nothing = np.zeros((len(hard), *targets.shape[1:]), np.uint8)
        training.go_on(
            np.concatenate([crops, hard]),
            np.concatenate([targets, nothing]),
            (round_ + 1) / options.rounds,
        )
        save(training.mean.module, options.weights)


if __name__ == "__main__":
    main()
