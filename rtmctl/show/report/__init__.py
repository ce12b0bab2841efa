"""A drill's report as one HTML page that needs nothing else: verdict, timeline, topology, tables.

Pure but for `write_page`. Texts reach the page through templates that escape; drawings are made here and escape
themselves.
"""

from rtmctl.show.report.page import report_page, write_page

__all__ = ["report_page", "write_page"]
