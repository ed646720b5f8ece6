"""Reports: a result as plain data in, one HTML file out that opens from disk without server or network.

What may enter: a mapping as a result's ``as_dict`` or the command's ``--json`` writes it, or the same read back.
What never does: engines, tables, simulations; a report computes nothing that is not in its input.
A module has the name of the command it is for and of its template (``replay``, ``replay_presets`` for ``replay
--preset``, ``replay_mechanisms`` for ``replay --mechanisms``, ``compare``, ``backtest``, ``surface``), with its charts
beside it in ``_figures``; ``side_by_side`` serves those that compare, ``page`` serves all.
"""

from plimsoll.report.backtest import render_backtest
from plimsoll.report.compare import render_compare
from plimsoll.report.page import ReportError
from plimsoll.report.replay import render_report
from plimsoll.report.replay_mechanisms import render_replay_mechanisms
from plimsoll.report.replay_presets import render_replay_presets
from plimsoll.report.surface import render_surface

__all__ = [
    "ReportError",
    "render_backtest",
    "render_compare",
    "render_replay_mechanisms",
    "render_replay_presets",
    "render_report",
    "render_surface",
]
