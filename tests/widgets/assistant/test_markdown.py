"""What is marked in an answer becomes looks of letters; all else stays text."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from qtpy.QtGui import QTextCursor
from qtpy.QtTest import QTest

from napari_medscan.assistant.answer_text import parted
from napari_medscan.widgets.assistant.markdown import LONGEST_LINE, Marker, Style
from napari_medscan.widgets.assistant.markdown_view import MarkdownView

PLAIN, BOLD, ITALIC, CODE = Style
ANSWER = """## Findings
- **Heart**: *normal*, `1.5` cm
  * left

```
a **b**
```
2 * 3 * 4, a_b_c
1. done"""

HOSTILE = [
    "![x](http://192.0.2.1/a.png)",
    "![](file:///dev/zero) ![](/dev/zero) ![x][y]",
    "<img src=http://192.0.2.1/a.png><img src='file:///dev/zero'>",
    "[here](https://192.0.2.1/) <https://192.0.2.1/> https://192.0.2.1/ <a href='x:y'>z</a>",
    "|a|b|\n|1|2|",
    "<b>x</b> &lt; &#x41; <style>*{}</style>",
    "[y]: http://192.0.2.1/a.png",
    "** not bold ** and * neither *, nor **this",
]


def marked(text):
    """Yield the pieces of a whole answer."""
    marker = Marker()
    yield from marker.feed(text)
    yield from marker.rest()


def pieces(text):
    return [(piece, style) for piece, style in marked(text) if piece]


def test_marks_become_looks():
    found = pieces(ANSWER)
    assert found[0] == ("Findings", BOLD)
    for piece in (("Heart", BOLD), ("normal", ITALIC), ("1.5", CODE), ("a **b**\n", CODE)):
        assert piece in found
    assert "".join(piece for piece, _ in found) == (
        "Findings\n• Heart: normal, 1.5 cm\n  • left\n\na **b**\n2 * 3 * 4, a_b_c\n1. done"
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_all_else_stays_the_text_that_it_is(text):
    assert "".join(piece for piece, _ in marked(text)) == text
    assert {style for _, style in pieces(text)} == {PLAIN}


@pytest.mark.parametrize(
    "unit", ["*", "**a ", "_a ", "`", "# ", "> ", "- ", "* a", "|a", "[", "![", "```\n", "** "]
)
def test_it_takes_no_longer_than_the_text_is_long(unit):
    text = unit * (1_000_000 // len(unit))
    began = time.perf_counter()
    for _ in marked(text):
        pass
    assert time.perf_counter() - began < 5


TABLE = (
    "| Region | Finding | Sure |\n|---|:-:|---|\n| **Lung** | clear | `high` |\n| Spine | bent |\n"
)


def test_a_row_of_a_table_is_a_line_for_each_cell():
    found = pieces(TABLE + "after")
    assert "".join(piece for piece, _ in found) == (
        "Lung\n   Finding: clear\n   Sure: high\nSpine\n   Finding: bent\nafter"
    )
    assert ("Lung\n", BOLD) in found
    assert ("high", CODE) in found


@pytest.mark.parametrize("text", [ANSWER, TABLE, *HOSTILE])
def test_however_it_is_cut_it_comes_out_the_same(text):
    whole = "".join(piece for piece, _ in marked(text))
    for size in (1, 3, 7):
        marker, certain = Marker(), ""
        for at in range(0, len(text), size):
            certain += "".join(piece for piece, _ in marker.feed(text[at : at + size]))
        assert certain + "".join(piece for piece, _ in marker.rest()) == whole


@pytest.mark.parametrize("text", [ANSWER, TABLE, *HOSTILE])
def test_there_is_no_link_and_no_image_in_the_view(text, qtbot):
    view = MarkdownView()
    qtbot.addWidget(view)
    document = view.document()
    view.say_marked(text)
    view.show()
    QTest.qWait(20)
    block = document.begin()
    while block.isValid():
        assert block.textList() is None
        for step in range(block.length()):
            cursor = QTextCursor(document)
            cursor.setPosition(block.position() + step)
            style = cursor.charFormat()
            assert not style.isAnchor()
            assert not style.isImageFormat()
        block = block.next()
    assert "\ufffc" not in view.toPlainText()
    assert not view.anchorAt(view.rect().center())


def test_an_answer_is_written_as_marked_while_it_comes(qtbot):
    view = MarkdownView()
    qtbot.addWidget(view)
    for end in range(1, len(ANSWER) + 1):
        view.say_marked(ANSWER[:end])
        assert view.toPlainText() == "".join(piece for piece, _ in marked(ANSWER[:end]))


def test_another_answer_replaces_it(qtbot):
    view = MarkdownView()
    qtbot.addWidget(view)
    view.say_marked("# A heading")
    view.say_marked("B")
    assert view.toPlainText() == "B"
    cursor = QTextCursor(view.document())
    cursor.setPosition(1)
    assert not cursor.charFormat().font().bold()


LONG = {
    "short lines": "a b\n" * 250_000,
    "empty lines": "\n" * 250_000,
    "one line": "a" * 1_000_000,
    "a table": "| a | b |\n" * 100_000,
    "reasoning": "<think>" + "a\n" * 500_000,
}


@pytest.mark.parametrize("case", LONG)
def test_a_megabyte_keeps_nobody_from_working(case, qtbot):
    """No step of laying it out takes longer than the 100 ms that a user notices."""
    text, view = LONG[case], MarkdownView()
    qtbot.addWidget(view)
    view.show()
    longest, step = [], view._step

    def timed():
        began = time.thread_time()
        step()
        longest.append(time.thread_time() - began)

    view._step = timed
    began = time.thread_time()
    parted(text)
    view.say_marked(text)
    longest.append(time.thread_time() - began)
    for _ in range(40):
        timed()
    assert len(longest) > 40
    assert sorted(longest)[-2] < 0.1
    assert not view.is_whole


def test_a_long_line_is_broken_because_laying_it_out_takes_as_long_as_it_is(qtbot):
    """Shown to its end: until then, a line that is not broken would not be laid out at all."""
    view, took = MarkdownView(), []
    qtbot.addWidget(view)
    view.show()
    view.say_marked("a" * 200_000)
    while not view.is_whole:
        began = time.thread_time()
        view._step()
        took.append(time.thread_time() - began)
    assert len(took) > 40
    assert max(took) < 0.1
    blocks = view.document()
    longest = max(blocks.findBlockByNumber(n).length() for n in range(blocks.blockCount()))
    assert longest <= LONGEST_LINE + 1


def test_a_view_that_is_deleted_while_it_writes_does_not_end_the_process(qapp):  # noqa: ARG001 - a display
    code = """
import gc
from qtpy.QtWidgets import QApplication
app = QApplication([])
from napari_medscan.widgets.assistant.markdown_view import MarkdownView
for _ in range(10):
    view = MarkdownView()
    view.say_marked(10_000 * "a line\\n")
    app.processEvents()
    view.deleteLater()
    del view
    gc.collect()
    app.processEvents()
    app.processEvents()
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
