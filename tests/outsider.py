"""The program that outsiders run on the public ledger, loaded from the very file that the public page serves."""

from __future__ import annotations

import importlib.util

from tests.environment import ROOT

PROGRAM = ROOT / "docs" / "verify_ledger.py"
_spec = importlib.util.spec_from_file_location("outsider", PROGRAM)
outsider = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(outsider)
