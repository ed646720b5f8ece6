"""One function per command, all with the same body: require, compute, require the outcome, then mutate and emit.

The border is a comment: after it a command must succeed.  A refused command has changed nothing.
"""
