"""States of a mark and what each forbids, as data the engine obeys. Where marks come from is not decided here.

What may enter: the matrix, the tests of age, confidence, volatility and sources.
What never does: margin, money, signatures.
"""
