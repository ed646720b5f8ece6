"""What time does to the books: funding of perps, folded into the mark, and the prices of auctions.

Interest will live here too.
What may enter: averages, clamps, cumulative values that carry their remainder; curves and the tables they become.
What never does: a pass over accounts; accrual costs the same for one holder or a million.
"""
