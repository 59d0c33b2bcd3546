"""Write `var/env` once: the random keys and the switches of the instance that `make run` serves. Never touches a file that exists.

Only Python's own library is used: this runs before anything is installed.
"""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEPT_IF_GIVEN = ("PORT", "PUBLIC_BASE_URL")
TEXT = """# Settings of this instance, written once by `make run`. The process environment overrides them (docs/settings.md).
# Keep the keys: without FIELD_KEYS the encrypted columns cannot be read again.
SECRET_KEY={secret_key}
FIELD_KEYS={field_key}
LEDGER_KEY={ledger_key}
FUND_DEMO=1
DEBUG=0
"""


def data_dir() -> Path:
    return Path(os.environ.get("DATA_DIR") or ROOT / "var")


def ensure() -> bool:
    """Write the file if it is absent; tells whether it was written."""
    path = data_dir() / "env"
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    text = TEXT.format(
        secret_key=secrets.token_urlsafe(50),
        field_key=base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        ledger_key=secrets.token_hex(32),
    )
    text += "".join(f"{name}={os.environ[name]}\n" for name in KEPT_IF_GIVEN if os.environ.get(name))
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:  # two starts at once keep one set of keys
        return False
    with os.fdopen(handle, "w") as file:
        file.write(text)
    return True


if __name__ == "__main__":
    print(f"{data_dir() / 'env'}: {'written' if ensure() else 'kept as it is'}")
