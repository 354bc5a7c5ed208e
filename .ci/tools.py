"""The virtual environment with what requirements.txt names, for the scripts of this folder."""

import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
VENV = pathlib.Path(os.environ.get("CI_TOOLS", HERE.parent / "target/ci-tools")).absolute() / "venv"


def enter():
    """Goes on with the environment's Python: the calling script is run again from its start."""
    if pathlib.Path(sys.prefix) == VENV:
        return
    if not (VENV / "bin/python").exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    options = ["--quiet", "--disable-pip-version-check", "-r", HERE / "requirements.txt"]
    subprocess.run([VENV / "bin/pip", "install", *options], check=True)
    os.execv(VENV / "bin/python", [VENV / "bin/python", *sys.argv])
