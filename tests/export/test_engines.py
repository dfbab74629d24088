"""Exporting an archive on a cluster of Ray: nothing is lost, nothing is done twice."""

from __future__ import annotations

import os

import pytest

from napari_medscan.export.batch import SeriesJob, series_lines
from napari_medscan.export.engines import Ray

from ..studies import write_many
from .test_batch import contents, run

ray = pytest.importorskip("ray", reason="Ray is not installed")
# What Ray itself leaves open or warns of.
pytestmark = [
    pytest.mark.filterwarnings("ignore:::ray"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def test_ray_on_this_computer_writes_what_one_process_does(tmp_path, capsys, monkeypatch):
    # Otherwise Ray takes as many processors as it finds, a process each.
    monkeypatch.setenv("RAY_OVERRIDE_RESOURCES", '{"CPU": 1}')
    write_many(tmp_path / "in", 3)
    command = (tmp_path / "in", "--to", "nifti")
    code, lines, _ = run(capsys, *command, tmp_path / "ray", "--engine", "ray")
    assert (code, [line["status"] for line in lines]) == (0, ["written"] * 3)
    run(capsys, *command, tmp_path / "here")
    assert contents(tmp_path / "ray") == contents(tmp_path / "here")
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
    assert not ray.is_initialized()


def test_deidentification_says_that_it_does_not_use_ray(tmp_path, capsys):
    write_many(tmp_path / "in", 1)
    arguments = (tmp_path / "in", tmp_path / "out", "--to", "dicom-deid", "--engine", "ray")
    assert run(capsys, *arguments)[0] == 2


@pytest.mark.skipif(not os.environ.get("MEDSCAN_TORTURE"), reason="for make torture")
def test_machine_that_fails_in_the_middle_loses_nothing(tmp_path):
    from ray.cluster_utils import Cluster

    write_many(tmp_path / "in", 60)
    for name in ("ray", "here"):
        (tmp_path / name).mkdir()
    paths = (str(tmp_path / "in"),)
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    try:
        other = cluster.add_node(num_cpus=1)
        cluster.wait_for_nodes()
        lines = []
        for line in series_lines(
            SeriesJob(paths, str(tmp_path / "ray"), "nifti"), engine=Ray(cluster.address)
        ):
            lines.append(line)
            if len(lines) == 10:
                cluster.remove_node(other, allow_graceful=False)
    finally:
        cluster.shutdown()
    assert len({line["series"] for line in lines}) == len(lines) == 60
    # What a machine had written before it failed exists when the task is done again.
    assert {line["status"] for line in lines} <= {"written", "exists"}
    list(series_lines(SeriesJob(paths, str(tmp_path / "here"), "nifti")))
    assert contents(tmp_path / "ray") == contents(tmp_path / "here")
