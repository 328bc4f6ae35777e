"""`fairlead serve flyte` in processes of its own."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections import defaultdict
from pathlib import Path

SECONDS = 60.0
SUPPORT = Path(__file__).parent
PORT = re.compile(r"Flyte 2 on port (\d+)")
METRICS_PORT = re.compile(r"metrics on port (\d+)")
_SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="(.*?)"')


def until(condition, what="it"):
    """Return what a condition gives, once that is true."""
    end = time.monotonic() + SECONDS
    while not (value := condition()):
        assert time.monotonic() < end, f"{what} has not come about"
        time.sleep(0.01)
    return value


class ServerProcess:
    """A server that was started in a folder; what it writes to stderr is read as it comes."""

    def __init__(self, folder, *arguments, port=0, **environment):
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("FAIRLEAD_", "_FSEC_", "FLYTE_"))
        }
        own = {
            "FAIRLEAD_PLUGINS": "fairlead-dummy,fairlead-echo,fairlead-flyte",
            "FAIRLEAD_DUMMY_DIR": str(folder / "dummy"),
            "PYTHONPATH": str(folder),
            "TMPDIR": str(folder),
        }
        options = ["--host", "127.0.0.1", "--port", port, "--metrics-port", 0]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "fairlead", "serve", "flyte", *map(str, [*options, *arguments])],
            cwd=folder,
            env=inherited | own | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.pid = self._process.pid
        self._lines = []
        self._more = threading.Condition()
        self._is_read = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._process.stderr:
            with self._more:
                self._lines.append(line)
                self._more.notify_all()
        with self._more:
            self._is_read = True
            self._more.notify_all()

    @property
    def log(self):
        with self._more:
            return "".join(self._lines)

    def says(self, pattern, times=1):
        """Return the match of the log with a pattern, once it says so, so many times."""
        pattern = re.compile(pattern)

        def found():
            return list(pattern.finditer("".join(self._lines)))

        with self._more:
            self._more.wait_for(lambda: self._is_read or len(found()) >= times, SECONDS)
            assert len(found()) >= times, f"{pattern.pattern!r} is not {times} times in\n{''.join(self._lines)}"
            return found()[times - 1]

    @property
    def port(self):
        return int(self.says(PORT)[1])

    @property
    def metrics_port(self):
        return int(self.says(METRICS_PORT)[1])

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def metrics(self):
        """Return the values by name and labels."""
        samples = defaultdict(float)
        for name, labels, value in _SAMPLE.findall(self.scrape()):
            samples[name, frozenset(_LABEL.findall(labels))] = float(value)
        return samples

    def metric(self, name, **labels):
        return self.metrics()[name, frozenset(labels.items())]

    def scrape(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=SECONDS) as answer:
            return answer.read().decode()

    def children(self):
        """Return the ids of the processes that it has started."""
        return [int(word) for word in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]

    def send(self, number=signal.SIGTERM):
        self._process.send_signal(number)

    def ended(self):
        """Wait for the end, and return the exit code."""
        code = self._process.wait(SECONDS)
        self._reader.join(SECONDS)
        return code

    @property
    def output(self):
        """What it has written to stdout; only after its end."""
        return self._process.stdout.read()

    def close(self):
        if self._process.poll() is None:
            self._process.kill()
        self.ended()
        self._process.stdout.close()
        self._process.stderr.close()


def is_alive(pid):
    """Whether a process runs; one that has ended, and that nobody has asked about yet, does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
