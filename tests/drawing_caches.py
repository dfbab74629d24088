"""What vispy works out anew for every window, kept for the windows that a process opens.

Each is a function of what it is given alone: the variables of a shader's text, those that a linked
program uses, a shader's text in the words of the backend, and the distance field of a character.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from functools import cache

import pytest


@contextmanager
def kept_for_the_process() -> Iterator[None]:
    """Keep what vispy works out for a canvas."""
    with pytest.MonkeyPatch.context() as patch:
        _keep_variables(patch)
        _keep_programs(patch)
        _keep_characters(patch)
        yield


def _keep_variables(patch: pytest.MonkeyPatch) -> None:
    from vispy.gloo.program import Program

    parse, variables = Program._parse_variables_from_code, {}

    def parse_once(self, update_variables=True):
        key = tuple(shader.code for shader in self._shaders)
        if key not in variables:
            parse(self, update_variables=False)
            variables[key] = self._code_variables
        self._code_variables = copy(variables[key])
        if update_variables:
            self._process_pending_variables()

    patch.setattr(Program, "_parse_variables_from_code", parse_once)


def _keep_programs(patch: pytest.MonkeyPatch) -> None:
    from vispy.gloo import glir

    shader, program = glir.GlirShader, glir.GlirProgram
    compile_, link, used_by = (
        shader.set_data,
        program.link_program,
        program._get_active_attributes_and_uniforms,
    )
    used = {}

    def compile_and_note(self, offset, code):
        compile_(self, offset, code)
        self.text = code

    def link_and_note(self):
        self.texts = tuple(shader.text for shader in self._attached_shaders)
        link(self)

    def used_once(self):
        if self.texts not in used:
            used[self.texts] = used_by(self)
        return set(used[self.texts])

    patch.setattr(glir, "convert_shader", cache(glir.convert_shader))
    patch.setattr(shader, "set_data", compile_and_note)
    patch.setattr(program, "link_program", link_and_note)
    patch.setattr(program, "_get_active_attributes_and_uniforms", used_once)


def _keep_characters(patch: pytest.MonkeyPatch) -> None:
    from vispy.visuals.text.text import SDFRendererCPU

    draw, characters = SDFRendererCPU.render_to_texture, {}

    def draw_once(self, data, texture, offset, size):
        key = (data.tobytes(), data.shape, size)
        if key not in characters:
            draw(self, data, character := _Character(), offset, size)
            characters[key] = character.values
        (left, top), (width, height) = offset, size
        texture[top : top + height, left : left + width, :] = characters[key]

    patch.setattr(SDFRendererCPU, "render_to_texture", draw_once)


class _Character:
    """Takes a character as a texture would."""

    def __setitem__(self, place, values):
        self.values = values
