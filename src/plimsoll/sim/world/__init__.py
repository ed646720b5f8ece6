"""A simulated world: one integer seed fixes the pool, its people, its prices and everything that goes wrong.

What may enter: floats, drawn numbers, guesses; a world only looks at the pool it acts on.
What never does: a clock, a random stream that is not of the seed, a number the engine has to trust.
Read ``config`` for what is drawn, ``world`` for a block, ``agents`` for who acts, ``happenings`` and ``mistakes``
for what goes wrong.
"""
