"""What is marked in an answer becomes looks of letters; all else stays text."""

from __future__ import annotations

import time

import pytest
from qtpy.QtGui import QTextCursor
from qtpy.QtTest import QTest

from napari_medscan.widgets.assistant.marked import Style, marked
from napari_medscan.widgets.assistant.texts import MOST_MARKED, PlainView

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
    "|a|b|\n|-|-|\n|1|2|",
    "<b>x</b> &lt; &#x41; <style>*{}</style>",
    "[y]: http://192.0.2.1/a.png",
    "** not bold ** and * neither *, nor **this",
]


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


@pytest.mark.parametrize("text", [ANSWER, *HOSTILE])
def test_there_is_no_link_and_no_picture_in_the_view(text, qtbot):
    view = PlainView()
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


def test_the_longest_answer_holds_nobody_up(qtbot):
    view = PlainView()
    qtbot.addWidget(view)
    for text in ("**a** `b`\n" * (MOST_MARKED // 10), "**a** `b`\n" * 100_000):
        began = time.perf_counter()
        view.say_marked(text)
        assert time.perf_counter() - began < 5
    assert view.toPlainText() == text


def test_what_comes_after_it_is_written_plainly(qtbot):
    view = PlainView()
    qtbot.addWidget(view)
    view.say_marked("# A heading")
    view.say("B")
    cursor = QTextCursor(view.document())
    cursor.setPosition(1)
    assert not cursor.charFormat().font().bold()
