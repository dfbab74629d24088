"""Video: each frame by its number, in any order, of every container and codec that DICOM names."""

from __future__ import annotations

import io
from functools import cache

import numpy as np
import pydicom
import pytest
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID

from napari_medscan.dicom import UnreadableError, load
from napari_medscan.dicom.elements import transfer_syntaxes
from napari_medscan.dicom.errors import FrameError
from napari_medscan.dicom.headers.parse_header import read_header
from napari_medscan.dicom.pixels import video
from napari_medscan.dicom.pixels.video_decoder import container_of

from ..making import ct

av = pytest.importorskip("av", reason="NOT TESTED: video needs PyAV (the extra video)")

ROWS, COLUMNS, FRAMES, GROUP = 48, 64, 40, 12
SYNTAX = {"mpeg2video": "100", "libx264": "102", "libx265": "107"}


def level(number):
    """Return the gray of a frame: steps that no codec loses."""
    return 30 + 5 * number


@cache
def stream(codec, container, frames=FRAMES):
    """Return a video in which each frame has its gray, and a bright square that walks."""
    target = io.BytesIO()
    with av.open(target, "w", format=container) as output:
        track = output.add_stream(codec, rate=25)
        track.width, track.height, track.pix_fmt = COLUMNS, ROWS, "yuv420p"
        track.codec_context.gop_size, track.bit_rate = GROUP, 4_000_000
        if codec == "libx265":
            track.options = {"x265-params": "log-level=none:pools=1"}
        if codec == "mpeg2video":
            track.codec_context.max_b_frames = 2
        for number in range(frames):
            image = np.full((ROWS, COLUMNS, 3), level(number), np.uint8)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts = number
            for packet in track.encode(frame):
                output.mux(packet)
        for packet in track.encode():
            output.mux(packet)
    return target.getvalue()


def write_video(path, data, *, syntax="102", fragments=1, **changes):
    attributes = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.77.1.1.1",
        "Modality": "ES",
        "SamplesPerPixel": 3,
        "PhotometricInterpretation": "YBR_PARTIAL_420",
        "PlanarConfiguration": 0,
        "NumberOfFrames": FRAMES,
        "FrameTime": "40",
        "Rows": ROWS,
        "Columns": COLUMNS,
        "BitsAllocated": 8,
        "BitsStored": 8,
        "HighBit": 7,
        **dict.fromkeys(
            ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "RescaleSlope")
        ),
        "RescaleIntercept": None,
        "PixelData": encapsulate([data + b"\0" * (len(data) % 2)], fragments_per_frame=fragments),
    }
    data_set = ct(**{**attributes, **changes})
    data_set["PixelData"].VR = "OB"
    data_set["PixelData"].is_undefined_length = True
    data_set.file_meta = FileMetaDataset()
    data_set.file_meta.TransferSyntaxUID = UID(f"1.2.840.10008.1.2.4.{syntax}")
    data_set.file_meta.MediaStorageSOPClassUID = data_set.SOPClassUID
    data_set.file_meta.MediaStorageSOPInstanceUID = data_set.SOPInstanceUID
    pydicom.dcmwrite(path, data_set, enforce_file_format=True)
    return path


def grays(stack, order):
    return [float(np.median(stack.array[number, 0])) for number in order]


@pytest.fixture
def open_video(tmp_path):
    def open_video(data, **changes):
        (stack,) = load(write_video(tmp_path / "video.dcm", data, **changes)).stacks
        return stack

    yield open_video
    video._groups._held.clear()


@pytest.fixture
def small_groups(monkeypatch):
    monkeypatch.setattr(video, "_GROUP_BYTES", 5 * ROWS * COLUMNS * 3)


@pytest.mark.parametrize(
    ("codec", "container"),
    [
        ("mpeg2video", "mpeg2video"),
        ("mpeg2video", "mpeg"),
        ("mpeg2video", "mpegts"),
        ("libx264", "mp4"),
        ("libx264", "mpegts"),
        ("libx264", "h264"),
        ("libx265", "mpegts"),
    ],
)
@pytest.mark.usefixtures("small_groups")
def test_video_frames_are_found_by_number_in_any_order(open_video, codec, container):
    stack = open_video(stream(codec, container), syntax=SYNTAX[codec])
    assert stack.array.shape == (FRAMES, 1, ROWS, COLUMNS, 3)
    assert stack.is_clip
    assert stack.header.frame_duration == 40
    order = [0, 33, 7, 12, 39, 11, 38, 1, 20]
    expected = [level(number) for number in order]
    assert np.allclose(grays(stack, order), expected, atol=2)


@pytest.mark.parametrize("fragments", [1, 7])
def test_video_may_take_several_fragments(open_video, fragments):
    stack = open_video(stream("libx264", "mp4"), syntax="102.1", fragments=fragments)
    assert np.allclose(grays(stack, range(FRAMES)), list(map(level, range(FRAMES))), atol=2)


@pytest.mark.usefixtures("small_groups")
def test_video_played_from_end_to_end_decodes_each_group_once(open_video, monkeypatch):
    stack = open_video(stream("libx264", "mp4"))
    asked = []
    decode = video._decode
    monkeypatch.setattr(video, "_decode", lambda *args: asked.append(args[1]) or decode(*args))
    grays(stack, range(FRAMES))
    assert asked == list(range(0, FRAMES, 5))


def test_video_with_fewer_frames_than_it_says_is_blank_after_the_last(open_video):
    stack = open_video(stream("libx264", "mp4"), NumberOfFrames=FRAMES + 3)
    assert np.allclose(grays(stack, [FRAMES - 1]), level(FRAMES - 1), atol=2)
    with pytest.raises(FrameError, match="missing from the pixel data"):
        stack.array.read_frame(FRAMES)


def test_video_of_another_size_than_its_header_is_refused_in_words(open_video):
    stack = open_video(stream("libx264", "mp4"), Rows=ROWS - 2)
    with pytest.raises(FrameError, match="image size differs from the header"):
        stack.array.read_frame(0)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"#EXTM3U\n#EXT-X-VERSION:3\nhttp://127.0.0.1:9/a.ts\n", "unsupported video container"),
        (b"RIFF....AVI LIST", "unsupported video container"),
        (stream("libx264", "mp4")[:700], "corrupt pixel data"),
        (b"\0\0\1\xb3" + bytes(500), "corrupt pixel data|missing from the pixel data"),
    ],
)
def test_video_hostile_stream_is_refused_in_words(open_video, data, why):
    stack = open_video(data + bytes(600))
    with pytest.raises(FrameError, match=why):
        stack.array.read_frame(0)
    assert not np.any(stack.array.display[0])


def test_video_playlists_are_no_container():
    """One that a library guessed would lead to other files, or to a network."""
    for head in (b"#EXTM3U", b"ffconcat version 1.0", b"<?xml", b"", b"\0" * 200):
        with pytest.raises(FrameError):
            container_of(head, "1.2.840.10008.1.2.4.102")


@pytest.mark.parametrize("frames", [10**9, 2**31 - 1])
def test_video_of_more_frames_than_bytes_is_refused_in_words(tmp_path, frames):
    path = write_video(tmp_path / "a.dcm", stream("libx264", "mp4"), NumberOfFrames=frames)
    with pytest.raises(UnreadableError, match="more frames"):
        read_header(path, "a.dcm")


def test_video_without_pyav_says_what_it_needs(tmp_path, monkeypatch):
    path = write_video(tmp_path / "a.dcm", stream("libx264", "mp4"))
    monkeypatch.setattr(transfer_syntaxes, "is_video_decoded", lambda: False)
    with pytest.raises(UnreadableError, match=r"needs the extra napari-medscan\[video\] \(MPEG-4"):
        read_header(path, "a.dcm")
