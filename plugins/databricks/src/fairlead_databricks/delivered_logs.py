"""The logs that clusters deliver to where their `cluster_log_conf` says: those of the driver.

Databricks writes them to `<destination>/<cluster id>/driver`, every five minutes and at the end
(https://docs.databricks.com/compute/configure#compute-log-delivery): `stdout`, `stderr` and `log4j-active.log`. Each hour
they are moved aside, as `stdout--<date>--<time>`, and log4j's compressed, as `log4j-<date>.log.gz`. The files of one
stream, in the order of their names and the active one last, are read like one; so a place in them stays the same
place when the active one is moved aside.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, NamedTuple

from fairlead import AuthenticationError, Deadline, InvalidTask, LogLine, LogOriginator, LogPage, ResourceNotFound
from fairlead_databricks.cutting import cuts
from fairlead_databricks.log_files import MOST_BYTES, DbfsLogs, LogFiles, VolumeLogs
from fairlead_databricks.log_token import LogToken, StreamPlace
from fairlead_databricks.verdict import verdict_of_run

if TYPE_CHECKING:
    from fairlead_databricks.model import ClusterLogConf, Run, RunTask
    from fairlead_databricks.workspace import Workspace


class _Stream(NamedTuple):
    """A log of the driver: its name, the file that is written now, and how the names of older files begin."""

    name: str
    active: str
    older: str
    originator: LogOriginator


_STREAMS = (
    _Stream("stdout", "stdout", "stdout--", LogOriginator.USER),
    _Stream("stderr", "stderr", "stderr--", LogOriginator.USER),
    _Stream("log4j", "log4j-active.log", "log4j-", LogOriginator.SYSTEM),
)


async def delivered_pages(
    run: Run, workspace: Workspace, token: LogToken, *, deadline: Deadline
) -> AsyncIterator[LogPage]:
    """Yield what the clusters of a run have delivered since the token; what cannot be read is said once."""
    ended = verdict_of_run(run).phase.is_terminal
    for cluster_id, conf in _deliveries(run).items():
        directory = f"{_destination(conf).rstrip('/')}/{cluster_id}/driver"
        files = _files(conf, workspace)
        if files is None:
            for page in _told(f"the driver logs are delivered to {directory}, which no API of Databricks reads", token):
                yield page
            continue
        try:
            sizes = await files.sizes(directory, deadline=deadline)
            for stream in _STREAMS:
                reader = _Reader(files, directory, cluster_id, stream, token)
                async for page in reader.pages(sizes, ended=ended, deadline=deadline):
                    yield page
        except ResourceNotFound:
            continue  # not delivered yet, or cleaned up meanwhile
        except (AuthenticationError, InvalidTask) as error:
            for page in _told(f"the driver logs in {directory} cannot be read: {error}", token):
                yield page


class _Reader:
    """Reads one stream of one cluster, and notes in the token how far."""

    def __init__(self, files: LogFiles, directory: str, cluster_id: str, stream: _Stream, token: LogToken) -> None:
        self._files = files
        self._directory = directory
        self._stream = stream
        self._token = token
        self._key = f"{cluster_id}/{stream.name}"

    async def pages(self, sizes: dict[str, int], *, ended: bool, deadline: Deadline) -> AsyncIterator[LogPage]:
        """Yield what there is after the place in the token, up to the given sizes of the files."""
        names = self._names(sizes)
        place = self._token.streams.get(self._key, StreamPlace())
        for number in range(place.file, len(names)):
            name, is_last = names[number], number == len(names) - 1
            offset = place.offset if number == place.file else 0
            if name.endswith(".gz"):
                self._token.streams[self._key] = StreamPlace(number + 1)
                yield self._page([f"the lines up to here are in {self._directory}/{name}, which is compressed"])
                continue
            complete = ended or not is_last
            async for page in self._file(number, name, offset, sizes[name], complete=complete, deadline=deadline):
                yield page

    def _names(self, sizes: dict[str, int]) -> list[str]:
        stream = self._stream
        older = sorted(name for name in sizes if name.startswith(stream.older) and name != stream.active)
        return [*older, *([stream.active] if stream.active in sizes else [])]

    async def _file(
        self, number: int, name: str, offset: int, size: int, *, complete: bool, deadline: Deadline
    ) -> AsyncIterator[LogPage]:
        path, start = f"{self._directory}/{name}", offset
        while start < size:
            length = min(MOST_BYTES, size - start)
            content = await self._files.read(path, start=start, length=length, deadline=deadline)
            end = start
            for cut in cuts(content, ended=complete and start + len(content) >= size):
                end = start + cut.end
                self._token.streams[self._key] = StreamPlace(number, end)
                yield self._page(cut.lines)
            if end == start:
                return
            start = end

    def _page(self, lines: tuple[str, ...] | list[str]) -> LogPage:
        label = f"[{self._key}] "
        return self._token.page(*(LogLine(label + line, originator=self._stream.originator) for line in lines))


def _deliveries(run: Run) -> dict[str, ClusterLogConf]:
    """Return where the logs of each cluster of a run go, by the cluster's id."""
    found = {}
    for task in run.attempts():
        cluster, conf = task.cluster_instance or run.cluster_instance, _conf(run, task)
        if cluster and cluster.cluster_id and conf:
            found[cluster.cluster_id] = conf
    return found


def _conf(run: Run, task: RunTask) -> ClusterLogConf | None:
    """Return what the cluster of a task was told about its logs: its own, a shared one of the job, or the run's only one."""
    if task.existing_cluster_id:
        return None  # its logs are those of others too
    cluster = task.new_cluster
    if cluster is None and task.job_cluster_key:
        shared = (one.new_cluster for one in run.job_clusters if one.job_cluster_key == task.job_cluster_key)
        cluster = next(shared, None)
    elif cluster is None and run.cluster_spec:
        cluster = run.cluster_spec.new_cluster
    conf = cluster.cluster_log_conf if cluster else None
    return conf if conf and _destination(conf) else None


def _destination(conf: ClusterLogConf) -> str:
    place = conf.volumes or conf.dbfs or conf.s3
    return (place.destination if place else None) or ""


def _files(conf: ClusterLogConf, workspace: Workspace) -> LogFiles | None:
    """Return what reads the files, or None for S3."""
    if conf.volumes:
        return VolumeLogs(workspace)
    return DbfsLogs(workspace) if conf.dbfs else None


def _told(what: str, token: LogToken) -> Iterator[LogPage]:
    if what not in token.told:
        token.told.append(what)
        yield token.page(LogLine(what, originator=LogOriginator.SYSTEM))
