"""What names somebody stays here, wherever it stands: in tags, names, overlays, templates."""

from __future__ import annotations

import base64
import json
import shutil
import socket

import numpy as np
import pydicom
import pytest
from napari.components.overlays import TextOverlay
from pydicom.datadict import DicomDictionary

from napari_medscan.assistant.audit import Audit
from napari_medscan.assistant.conversation import State
from napari_medscan.napari_.menu import PLUGIN
from napari_medscan.phantoms import write_ct_chest
from napari_medscan.privacy.jpeg import check

from ...assistant.llmock_server import judging
from ...assistant.serving import WHOLE, Server, says
from .conftest import CHAT, MESSAGES, User

CANARY = "Canary"
DATE = "19010203"
UID = "1.2.826.0.19010203"
VALUES = {
    **dict.fromkeys(("LO", "SH", "PN", "LT", "ST", "UT", "UC", "AE"), CANARY),
    **dict.fromkeys(("DA", "IS"), DATE),
    "CS": CANARY.upper(),
    "DT": f"{DATE}040506",
    "UI": UID,
}
DRAWN_BY = (0x0000, 0x0002, 0x0028, 0x0054, 0x5400, 0x7FE0)
"""Groups of attributes that decide how pixels are read, and are numbers."""
KEPT = {
    *("SpecificCharacterSet", "ImageType", "SOPClassUID", "SOPInstanceUID", "Modality"),
    *("PatientPosition", "SeriesInstanceUID", "SeriesNumber", "InstanceNumber"),
}


def canaries():
    """Return a data set with a canary in every attribute that takes one, and in a sequence."""
    found = pydicom.Dataset()
    for tag, (kind, *_, keyword) in DicomDictionary.items():
        if tag >> 16 not in DRAWN_BY and kind in VALUES and keyword not in KEPT:
            found.add_new(tag, kind, VALUES[kind])
    nested = pydicom.Dataset()
    nested.update(found)
    found.RequestAttributesSequence = [nested]
    return found


def write_canaries(chest, folder):
    """Copy a study with canaries in all its tags, and in the names of the files."""
    folder.mkdir()
    more = canaries()
    assert len(more) > 1500
    for number, path in enumerate(sorted(chest.iterdir())):
        data = pydicom.dcmread(path)
        data.update(more)
        data.BodyPartExamined = "CHEST"
        data.BurnedInAnnotation = "NO"
        block = data.private_block(0x0099, CANARY, create=True)
        block.add_new(1, "LO", CANARY)
        data.add_new(0x60000010, "US", data.Rows)
        data.add_new(0x60000011, "US", data.Columns)
        data.add_new(0x60000022, "LO", CANARY)
        data.add_new(0x60000040, "CS", "G")
        data.add_new(0x60000050, "SS", [1, 1])
        data.add_new(0x60000100, "US", 1)
        data.add_new(0x60000102, "US", 0)
        data.add_new(0x60003000, "OW", b"\xff" * (data.Rows * data.Columns // 8))
        data.save_as(folder / f"{CANARY}_{number}.dcm")
    return folder


@pytest.mark.parametrize("service", [CHAT, MESSAGES], ids=lambda s: s.id)
def test_no_canary_leaves(service, empty, chest, docked, qtbot, tmp_path, network_allowed):  # noqa: ARG001
    empty.open(str(write_canaries(chest, tmp_path / CANARY)), plugin=PLUGIN)
    layer = empty.layers[0]
    layer.name = f"{CANARY} of a layer"
    empty.title = CANARY
    words = {"string": {"constant": CANARY}}
    place = np.array([layer.data_to_world((2, 3, 3))])
    points = empty.add_points(place, name=CANARY, text=words)
    empty.layers.selection.active = layer
    assert points.visible
    answers = says(*WHOLE)
    with Server(answers) as recorder:
        user = User(docked(empty), qtbot)
        user.choose(recorder.url, service)
        user.ask.prompt.modality.value = True
        user.ask.prompt.body_part.value = True
        previewed = looked_at(user)
        user.send()
        # The answer is one of the chat protocol's: how the other reads it does not matter here.
        user.qtbot.waitUntil(lambda: not user.state.is_busy, timeout=60_000)
        assert user.state is not State.IDLE
        (request,) = recorder.requests
    head, _, body = request.partition(b"\r\n\r\n")
    decoded = [body, *map(base64.b64decode, pictures(json.loads(body)))]
    assert len(decoded) == 2
    assert decoded[1] == previewed
    check(previewed)
    assert b"CT image of the chest" in body
    for data in (head, *decoded):
        for canary in (CANARY, CANARY.upper(), DATE, UID, "2.25.", layer.name, tmp_path.name):
            for coded in (canary.encode(), canary.lower().encode(), canary.encode("utf-16-le")):
                assert coded not in data


def test_the_image_is_that_of_the_study_without_canaries(empty, chest, docked, qtbot, tmp_path):
    """Overlays, points and names leave no trace in the pixels either."""
    user = User(docked(empty), qtbot)
    user.choose("http://127.0.0.1:9/v1")
    previewed = []
    for folder in (shutil.copytree(chest, tmp_path / "plain"), tmp_path / CANARY):
        if not folder.exists():
            write_canaries(chest, folder)
        empty.open(str(folder), plugin=PLUGIN)
        if previewed:
            place = np.array([empty.layers[0].data_to_world((2, 3, 3))])
            empty.add_points(place, name=CANARY)
            overlay = TextOverlay(text=CANARY, visible=True)
            empty.canvas.overlays["canary"] = overlay
        empty.layers.selection.active = empty.layers[0]
        # By its place: the points have steps of their own.
        empty.dims.set_point(0, empty.layers[0].data_to_world((2, 0, 0))[0])
        previewed.append(looked_at(user))
        empty.layers.clear()
    assert previewed[0] == previewed[1]


def test_a_body_part_that_names_somebody_is_left_out(empty, docked, qtbot, tmp_path):
    from ...studies import write_series

    write_series(tmp_path, BodyPartExamined="CANARY ANNA")
    empty.open(str(tmp_path), plugin=PLUGIN)
    user = User(docked(empty), qtbot)
    user.choose("http://127.0.0.1:9/v1")
    user.ask.prompt.body_part.value = True
    user.preview()
    assert "CANARY" not in user.ask.details.words.toPlainText().upper()
    assert "this image" in user.ask.details.words.toPlainText()


def looked_at(user):
    """Preview, tick that no name is seen where that is asked, and return the bytes."""
    user.prepare()
    if user.question is not None and not user.ask.send.enabled:
        user.confirm()
    user.until_ready()
    return user.image


def pictures(content):
    """Yield the images in a body, of both protocols, as base64."""
    for message in content["messages"]:
        for part in message["content"] if isinstance(message["content"], list) else []:
            if part["type"] == "image_url":
                yield part["image_url"]["url"].partition(",")[2]
            elif part["type"] == "image":
                yield part["source"]["data"]


@pytest.fixture(scope="module")
def sixty(tmp_path_factory):
    """Return a chest of 60 slices with canaries in all tags and in the names of the files."""
    folder = tmp_path_factory.mktemp(CANARY)
    plain = folder / "plain"
    plain.mkdir()
    write_ct_chest(plain, size=32, slices=60)
    return write_canaries(plain, folder / CANARY)


SERIES = (
    ("a-model", "Displayed image", 1),
    ("a-model", "Spread over the series", 8),
    ("medgemma1.5:4b", "Whole series", 60),
)


@pytest.mark.usefixtures("network_allowed")
def test_no_canary_leaves_to_a_judge_with_one_image_eight_or_sixty(
    sixty, empty, docked, qtbot, tmp_path
):
    """Every byte of the socket is searched on its way to a server that was not written here."""
    empty.open(str(sixty), plugin=PLUGIN)
    empty.layers[0].name = f"{CANARY} of a layer"
    user, looked = User(docked(empty), qtbot), []
    with judging() as judge, Server(lambda c: relay(c, recorder, judge)) as recorder:
        for model, which, count in SERIES:
            user.choose(recorder.url, model=model)
            user.ask.images.which.value = which
            user.prepare()
            user.until(lambda count=count: len(user.review.images) == count)
            looked.append(user.review.images)
            if not user.ask.send.enabled:
                user.confirm()
            user.until_ready()
            user.send()
            user.until(lambda: not user.state.is_busy)
            assert user.state is State.DONE, user.shown.reason.text()
        judge.check(len(SERIES))
    records = Audit(tmp_path / "audit.jsonl").read()
    seen = [(tmp_path / "audit.jsonl").read_bytes()]
    for request, images, record in zip(recorder.requests, looked, records, strict=True):
        head, _, body = request.partition(b"\r\n\r\n")
        sent = [*map(base64.b64decode, pictures(json.loads(body)))]
        assert sent == [image.data for image in images]
        assert record.sha256.split() == [image.sha256 for image in images]
        seen += [head, body, *sent]
    assert [len(images) for images in looked] == [count for *_, count in SERIES]
    for data in seen:
        for canary in (CANARY, CANARY.upper(), DATE, UID, "2.25.", sixty.parent.name):
            for coded in (canary.encode(), canary.lower().encode(), canary.encode("utf-16-le")):
                assert coded not in data


def relay(connection, recorder, judge):
    """Hand the request on to the judge, and its answer back."""
    with socket.create_connection(("127.0.0.1", judge.port)) as there:
        there.sendall(recorder.requests[-1])
        while data := there.recv(65536):
            connection.sendall(data)
