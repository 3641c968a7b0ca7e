"""Putting the operators into a SNAP, and saying what is wrong with one.

One idea a file: where SNAP is (`find`), how it is set up (`settings`, `properties`), what it is and who brings Python
operators (`modules`), which Python it starts (`interpreter`) with whose modules (`embedded`), its desktop (`desktop`),
its gpt (`gpt`), all of it together (`site`); what we bring (`content`), how files change (`changes`), what was written
(`manifest`) and what lies between two installations (`place`); and on top of them `plan` and `doctor`. Nothing here
needs a JVM: SNAP is asked by running its `gpt`.
"""
