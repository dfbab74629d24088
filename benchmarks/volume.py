"""The whole volume as one array, in every transfer syntax."""

from __future__ import annotations

from measure import NO_INDEX, Bench, Contestant, Topic
from studies import SYNTAXES

OURS = Contestant("napari-medscan", "ours:volume", env=NO_INDEX)
_ARRAY = Contestant("the same, opened before", "ours:array", env=NO_INDEX)
_ONE = Contestant(
    "the same, opened before, one thread in this process", "ours:array_one_thread", env=NO_INDEX
)
_NOTE = (
    "Opening included, but where it says otherwise. The goals compare the reading of an open "
    "series: what the limits and one thread do."
)
_LIMITS = (
    Contestant("limit: preadv of the pixels, one thread", "limits:pixel_bytes_1"),
    Contestant("limit: preadv of the pixels, two threads", "limits:pixel_bytes_2"),
)


def measure(bench: Bench) -> Topic:
    """Measure 500 uncompressed files and 100 of every other syntax."""
    topic = Topic()
    pydicom = bench.peer("pydicom", "volume_pydicom")
    simpleitk = bench.peer("SimpleITK", "volume_simpleitk")
    for syntax in SYNTAXES:
        plain = syntax == "uncompressed"
        files = bench.count(500 if plain else 100)
        others = [_ARRAY, _ONE, *_LIMITS] if plain else [_ARRAY, _ONE]
        rounds = bench.rounds if plain else min(bench.rounds, 3)
        title = f"Whole volume of {files} files, {syntax}"
        study = bench.studies.series(files, syntax)
        taken = topic.compare(title, [OURS, *others, pydicom, simpleitk], study, rounds, _NOTE)
        ours = taken[_ARRAY.name].median
        if plain:
            limit = min(taken[limit.name].median for limit in _LIMITS)
            topic.found["volume limit / ours"] = limit / ours
        elif syntax != "deflated":
            topic.found[f"one thread / ours, {syntax}"] = taken[_ONE.name].median / ours
    return topic
