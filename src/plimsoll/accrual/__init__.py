"""What time does to the books: funding of perps, folded into the mark. Interest will live here too.

What may enter: averages, clamps, cumulative values that carry their remainder.
What never does: a pass over accounts; accrual costs the same for one holder or a million.
"""
