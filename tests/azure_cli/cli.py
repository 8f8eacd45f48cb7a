"""The Azure CLI as its users run it: a process for each command, with a configuration folder of its own."""

import json
import os
import shlex
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".cache" / "azure_cli"
PYTHON = FOLDER / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
KEPT = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LANG")


class CommandError(Exception):
    """A command that ended with an error; its text is what it wrote."""


class Cli:
    def __init__(self, folder, emulator):
        self.folder = folder
        self._emulator = emulator
        self._environment = {name: os.environ[name] for name in KEPT if name in os.environ} | {
            "AZURE_CONFIG_DIR": str(folder),
            "AZURE_CORE_COLLECT_TELEMETRY": "no",
            "AZURE_CORE_NO_COLOR": "yes",
            "AZURE_POD_IDENTITY_AUTHORITY_HOST": f"{emulator.imds_endpoint}/vm/jump",
            "HOME": str(folder),
            "REQUESTS_CA_BUNDLE": str(Path(emulator.ca_file).resolve()),
            # Whatever goes further than this machine fails at once: nothing listens there.
            "HTTP_PROXY": "http://127.0.0.1:9",
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "NO_PROXY": "127.0.0.1,localhost",
        }

    def registered(self):
        """Makes the emulator the cloud that the commands are for."""
        self.run("cloud", "register", "-n", "Emulated", "--endpoint-resource-manager", self._emulator.cloud)
        self.run("cloud", "set", "-n", "Emulated")
        return self

    def copied(self, folder):
        """Another one, with a copy of this one's configuration."""
        shutil.copytree(self.folder, folder)
        return Cli(folder, self._emulator)

    def run(self, *arguments):
        """What the command prints, read as JSON; None where it prints nothing."""
        command = [PYTHON, "-m", "azure.cli", *arguments]
        environment, folder = self._environment, self.folder
        done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise CommandError(done.stderr)
        return json.loads(done.stdout) if done.stdout.strip() else None

    def __call__(self, line):
        """The same for a line as typed into a shell."""
        return self.run(*shlex.split(line))
