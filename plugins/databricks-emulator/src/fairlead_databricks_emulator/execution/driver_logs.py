"""The logs that a cluster delivers: files below its destination, written while a task runs.

Databricks delivers them every five minutes, here they come at once:
https://docs.databricks.com/compute/configure#compute-log-delivery
"""

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from fairlead_databricks_emulator.execution.refusal import Refusal
from fairlead_databricks_emulator.files import WorkspaceFiles
from fairlead_databricks_emulator.runs.run import Run, TaskRun
from fairlead_databricks_emulator.runs.specs import ClusterLogConf
from fairlead_databricks_emulator.runs.states import TerminationCode


class DriverLogs(msgspec.Struct, frozen=True):
    """The files of one driver: `stdout`, `stderr`, and `log4j-active.log` with what happens to it."""

    directory: Path

    @property
    def stdout(self) -> Path:
        """What the processes of the driver write to standard output."""
        return self.directory / "stdout"

    @property
    def stderr(self) -> Path:
        """What they write to standard error."""
        return self.directory / "stderr"

    @property
    def log4j(self) -> Path:
        """What Spark and the emulator log."""
        return self.directory / "log4j-active.log"

    def begin(self) -> None:
        """Make the files, so that they are there even where nothing is written."""
        self.directory.mkdir(parents=True, exist_ok=True)
        for file in (self.stdout, self.stderr, self.log4j):
            file.touch()

    def note(self, message: str) -> None:
        """Log a message in the way of log4j."""
        with self.log4j.open("a", encoding="utf-8") as log:
            log.write(f"{datetime.now(UTC):%y/%m/%d %H:%M:%S} INFO Emulator: {message}\n")


def driver_logs(run: Run, task: TaskRun, files: WorkspaceFiles) -> DriverLogs | None:
    """Return the logs that the cluster of a task delivers, or None; raise `Refusal` for a wrong destination."""
    asked = run.settings.cluster_of(task.spec).cluster_log_conf
    destination = _destination(asked) if asked else ""
    if not destination or task.cluster is None:
        return None
    return DriverLogs(files.path(destination) / task.cluster.cluster_id / "driver")


def _destination(asked: ClusterLogConf) -> str:
    """Return where logs are to go, empty for nowhere that is emulated."""
    for kind, prefixes in (("dbfs", ("dbfs:/",)), ("volumes", ("/Volumes/", "dbfs:/Volumes/"))):
        if destination := getattr(asked, kind):
            if destination.destination.startswith(prefixes):
                return str(destination.destination)
            message = f"cluster_log_conf.{kind}.destination must begin with {prefixes[0]}: {destination.destination!r}"
            raise Refusal(TerminationCode.INVALID_CLUSTER_REQUEST, message)
    return ""
