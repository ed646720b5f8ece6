"""Numbers and words: micros, lots, ppb, exact products, limits, result codes, kinds of commands and events.

What may enter: arithmetic on integers, names of numbers, the decorators that compile rules.
What never does: state, tables with data in them, decimals, floats.
"""
