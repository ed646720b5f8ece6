"""What an account must hold: requirements, equity, the margin rule, and the answers people ask for.

What may enter: pure functions of the tables (terms, health, rule) and their explanations for people.
What never does: a change of any table.
Read ``terms`` (one holding), ``health`` (one account), ``rule`` (may it do this?), then ``explain``.
"""
