"""The command line in real processes."""

import json
import os
import subprocess
import sys

SECONDS = 60


class CommandLine:
    """Runs `fairlead` of the tested environment in a folder of the test, without its terminal."""

    def __init__(self, folder, python=sys.executable):
        self.folder = folder
        self.command = [python, "-m", "fairlead"]
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("FAIRLEAD_")}
        self.environment = {
            **inherited,
            "FAIRLEAD_DUMMY_DIR": str(folder / "dummy"),
            "FAIRLEAD_SECRETS_DIR": str(folder),
        }

    def __call__(self, *arguments, code=0, **environment):
        """Run to the end and check the exit code, and that no traceback is shown."""
        result = self.run(*arguments, **environment)
        assert result.returncode == code, (result.stdout, result.stderr)
        assert "Traceback" not in result.stderr
        return result

    def run(self, *arguments, **environment):
        return subprocess.run(
            [*self.command, *map(str, arguments)],
            cwd=self.folder,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def start(self, *arguments, **environment):
        """Start a process whose streams the test reads."""
        return subprocess.Popen(
            [*self.command, *map(str, arguments)],
            cwd=self.folder,
            env=self.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            stdin=subprocess.DEVNULL,
        )

    def task(self, name="task.json", **fields):
        """Write a task file."""
        (self.folder / name).write_text(json.dumps(fields))
        return name

    def dummy(self, **custom):
        """Write a task file for a dummy job."""
        return self.task(type="dummy", custom=custom)
