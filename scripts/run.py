"""`make run`: set up what is missing, then serve. A second call does nothing twice and starts in seconds."""

from __future__ import annotations

import os

import ground
import instance

if __name__ == "__main__":
    ground.system_packages(ground.RUN_PACKAGES)
    python = ground.virtual_environment()
    if instance.ensure():
        ground.say(f"Keys of this instance written to {instance.data_dir() / 'env'}.")
    os.execve(python, [str(python), str(ground.ROOT / "scripts" / "serve.py")], ground.clean_environment())  # noqa: S606
