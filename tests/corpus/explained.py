"""Where the plugin and an oracle differ, and why the standard is on the plugin's side.

An entry is keyed by case and difference, as narrowly as the comparison names it. One that no
longer occurs makes the test fail: an excuse must not outlive its reason.
"""

from __future__ import annotations

EXPLAINED: dict[tuple[str, str], str] = {}
