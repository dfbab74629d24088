"""The slider inside napari: steps and scrolling, against the same values in memory."""

from __future__ import annotations

from measure import NO_INDEX, Bench, Child, FailedError, Table, Topic, milliseconds, shortened
from studies import SYNTAXES

_NOTE = (
    "Milliseconds in a real window, from setting the step to its being drawn. Jumps are too wide "
    "for reading ahead; scrolling goes from slice to slice, nothing being cached before. Array: "
    "the share of our array in an uncached step, without napari. Decoder: reading and decoding "
    "the same frames in one thread of this process."
)


def measure(bench: Bench) -> Topic:
    """Measure every transfer syntax."""
    scroll = bench.count(100)
    columns = ["syntax", "in memory", "cached", "uncached", "array", "decoder"]
    table = Table(
        "One step of the slider, 512 x 512",
        [*columns, f"scroll of {scroll}, each step", "the same in memory"],
        note=_NOTE,
    )
    topic = Topic([table])
    found: dict[str, list[float]] = {"cached": [], "scroll": []}
    with Child(env=NO_INDEX) as child:
        for syntax in SYNTAXES:
            plain = syntax == "uncompressed"
            study = bench.studies.series(bench.count(100), syntax)
            jumps, rounds = (8, 1) if bench.quick else (25, 2 if plain else 1)
            try:
                got = child.run("viewer_steps:steps", study, jumps, scroll, rounds)
            except FailedError as error:
                table.rows.append([syntax, f"failed: {shortened(str(error))}", *[""] * 6])
                continue
            shown = [got[name] for name in ("memory", "cached", "uncached", "array")]
            cells = [milliseconds(seconds) for seconds in shown]
            cells.append(milliseconds(got["decoder"]) if "decoder" in got else "none")
            cells += [milliseconds(got[name] / scroll) for name in ("scroll", "scroll in memory")]
            table.rows.append([syntax, *cells])
            found["cached"].append(1 + got["cached over memory"] / got["memory"])
            found["scroll"].append(got["scroll"] / got["scroll in memory"])
            if plain:
                topic.found["uncached over memory"] = got["uncached over memory"]
            elif "decoder" in got:
                topic.found[f"array / decoder, {syntax}"] = got["array"] / got["decoder"]
    topic.found |= {f"{name} / memory": max(r) for name, r in found.items() if r}
    return topic
