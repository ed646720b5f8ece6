"""Measurements: each with a peer in the same run, the ratio, a target, and a hash of the result it computed.

``python -m benchmarks`` writes bench-results.json; ``python -m benchmarks fills sweep`` runs some of them.
"""
