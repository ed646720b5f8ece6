"""Reports: a result as plain data in, one HTML file out that opens from disk without server or network.

What may enter: a mapping as ``ReplayResult.as_dict()`` writes it, or the same read back from JSON.
What never does: engines, tables, simulations; a report computes nothing that is not in its input.
"""

from plimsoll.report.render import ReportError, render_report

__all__ = ["ReportError", "render_report"]
