"""What has to be on a machine before the fund can run or be tested: system packages, the virtual environment, the hashed packages.

Only Python's own library is used. What is missing is installed when allowed (root, or sudo without a password); otherwise the exact line to type
is printed and the program stops.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST = (3, 11)
RUN_PACKAGES = ["libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0", "fontconfig", "fonts-dejavu-core"]
TEST_PACKAGES = [*RUN_PACKAGES, "chromium", "gettext"]


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def stop(text: str) -> None:
    sys.stderr.write(f"\n{text}\n")
    raise SystemExit(1)


def _installed(package: str) -> bool:
    done = subprocess.run(["dpkg-query", "-W", "-f=${Status}", package], capture_output=True, text=True)
    return done.stdout.strip() == "install ok installed"


def _root_prefix() -> list[str] | None:
    """How to run a command as root without asking anybody; None when that is not allowed."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
        return ["sudo", "-n"]
    return None


def system_packages(names: list[str]) -> None:
    """Install the Debian packages that are missing, or stop with the line to type."""
    if not shutil.which("dpkg-query"):
        say(f"This is not Debian or Ubuntu: what these packages hold must be there already: {' '.join(names)}")
        return
    missing = [name for name in names if not _installed(name)]
    if "chromium" in missing and any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")):
        missing.remove("chromium")
    if not missing:
        return
    prefix = _root_prefix()
    if prefix is None:
        stop(
            f"Missing on this machine. Type this, then start again:\n\n    sudo apt-get install -y {' '.join(missing)}\n"
        )
    say(f"Installing {' '.join(missing)}…")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = [*prefix, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
    if subprocess.run(install, env=quiet, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0:
        return
    subprocess.run([*prefix, "apt-get", "update", "-qq"], env=quiet, stdin=subprocess.DEVNULL, capture_output=True)
    done = subprocess.run(install, env=quiet, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        stop(
            f"{done.stderr.strip()}\n\nCould not install them. Type this, then start again:\n\n    sudo apt-get install -y {' '.join(missing)}\n"
        )


def _check_python() -> None:
    if sys.version_info < OLDEST:
        stop(
            "Python 3.11 or newer is needed; this is "
            + sys.version.split()[0]
            + ". Name another: make run PYTHON=python3.12"
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        system_packages([f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"])


def _stamp(requirements: Path) -> str:
    return hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()


def virtual_environment(*, development: bool = False) -> Path:
    """Make or refresh `.venv` from the hashed lock; nothing is done when it is already that. Returns its Python."""
    name = "requirements-dev.txt" if development else "requirements.txt"
    requirements, stamp = ROOT / name, VENV / f".installed-{name}"
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == _stamp(requirements):
        return PYTHON
    _check_python()
    if not PYTHON.exists() or subprocess.run([str(PYTHON), "-m", "pip", "--version"], capture_output=True).returncode:
        say("Making the virtual environment (.venv)…")
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
    say(f"Installing the packages of {name}…")
    started = time.monotonic()
    command = [
        str(PYTHON),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-input",
        "--disable-pip-version-check",
        "--require-hashes",
        "-r",
        str(requirements),
    ]
    if subprocess.run(command, stdin=subprocess.DEVNULL).returncode:
        stop(f"The packages of {name} could not be installed (the lines above say why).")
    stamp.write_text(_stamp(requirements))
    if development:  # the development lock holds the other one (tests/architecture checks it)
        (VENV / ".installed-requirements.txt").write_text(_stamp(ROOT / "requirements.txt"))
    say(f"Packages installed in {time.monotonic() - started:.0f} s.")
    return PYTHON


def clean_environment() -> dict[str, str]:
    """The environment for child processes: ours, without what another virtual environment or Python set-up left in it."""
    dropped = ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "DJANGO_SETTINGS_MODULE")
    return {name: value for name, value in os.environ.items() if name not in dropped}
