"""The index of the published set: one narrow row a grant, its words, and a token that changes with it.

It is derived, and never the truth: what is written in it is read from the published set (`registry.queries.told`) by one function, `refresh.fresh`.
Triggers of the database note which file may have changed, whoever changed it and by whatever way; whoever reads the index next brings it up to date first.
So what is taken back is found no more from the commit on, and no lower room knows that a registry exists. The rows of a large import of earlier grants are
left to the worker: no reader waits behind them.
"""

import registry.queries  # noqa: F401  the published set comes first, whichever of the two is asked first: it asks the index, which reads it
