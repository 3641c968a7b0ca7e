"""Putting the operators into a SNAP, and saying what is wrong with one.

One idea a file: where SNAP is (`find`), what it is (`modules`), how it is set up (`settings`, `properties`), which Python it starts (`interpreter`),
who brings Python operators (`plugins`), what we bring (`content`), how files change (`changes`, `edits`), what was written (`manifest`) and what lies
between two installations (`place`), and on top of them `install` and `doctor`. Nothing here needs a JVM: SNAP is asked by running its `gpt`.
"""
