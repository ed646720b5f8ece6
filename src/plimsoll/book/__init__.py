"""The books of a pool: tables of int64 rows, how rows come and go, identities, snapshots, the state root.

What may enter: layout, views, storage of holdings, sums over tables, hashes.
What never does: a decision. Nothing here knows what a margin is or whether a command is allowed.
"""
