"""A halo around the texts of layers, so that they are read on any image and in any theme."""

from __future__ import annotations

import weakref
from functools import partial
from typing import Any, Final

from vispy.visuals.text.text import TextVisual

from napari_medscan.napari_.failure_log import guarded

_COLORED: Final = "gl_FragColor = vec4(v_color.rgb, v_color.a * alpha);"
_EMPTY: Final = "if (alpha <= 0) discard;"
_MAIN: Final = "void main(void) {"
_HALO: Final = """
        if (u_is_halo) {
            // About the distance from the edge of the letter, in pixels.
            float apart = (center - distance) / max(fwidth(distance), 1e-5);
            float dark = step(0.4, dot(v_color.rgb, vec3(0.299, 0.587, 0.114)));
            float strength = 1. - smoothstep(1., 2.5, apart);
            if (strength <= 0.) discard;
            gl_FragColor = vec4(vec3(1. - dark), 0.85 * v_color.a * strength);
            return;
        }
"""
"""Dark around light letters, light around dark ones."""


def add_halo(text: TextVisual) -> None:
    """Draw what is dark around light letters, or light around dark ones, before the letters.

    napari has one color for a text: yellow is not read on bright tissue, nor on the white canvas
    of the light theme.

    Parameters
    ----------
    text : TextVisual
        The texts of a layer. Nothing is changed where vispy draws letters in another way.
    """
    shaders = getattr(text, "_shaders", {})
    code = shaders.get("fragment", "") if isinstance(shaders, dict) else ""
    if not all(code.count(part) == 1 for part in (_COLORED, _EMPTY, _MAIN)):
        return
    visual: Any = text
    program = visual.shared_program
    code = code.replace(_MAIN, f"uniform bool u_is_halo;\n    {_MAIN}")
    program.frag = code.replace(_EMPTY, f"{_HALO}\n        {_EMPTY}")
    program["u_is_halo"] = False
    visual.unfreeze()
    # No reference to it: it would not go before Python looks for circles.
    visual.draw = guarded(partial(_draw, weakref.ref(text)))
    visual.freeze()


def _draw(text: weakref.ref[Any]) -> None:
    visual = text()
    if visual is not None:
        # Before all letters: each one's halo would lie on its neighbor.
        for is_halo in (True, False):
            visual.shared_program["u_is_halo"] = is_halo
            type(visual).draw(visual)
