"""A rule says no, with this code."""

from __future__ import annotations

import pytest

from core.transitions import Refusal


def refused(_code: str, _act, **params) -> Refusal:
    """The act is refused with this code and a reason in words."""
    with pytest.raises(Refusal) as caught:
        _act(**params)
    assert caught.value.code == _code, (caught.value.code, str(caught.value))
    assert str(caught.value.reason)
    return caught.value
