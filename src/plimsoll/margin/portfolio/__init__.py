"""Portfolio margin: what a whole book would lose under published scenarios (docs/portfolio-margin.md).

Read in this order: ``arrays`` (tables in force), ``legs`` (an account's book), ``scan`` (one loss of many),
``addons``, ``requirement`` (an account).  What may enter: pure rules over tables.  What never does: how a table
was made.
"""
