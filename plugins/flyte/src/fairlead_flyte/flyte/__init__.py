"""Tasks of local flyte 2 runs, run through fairlead's connectors; for use where flyte is installed."""

from fairlead_flyte.flyte.execution import ConnectorExecutorMixin
from fairlead_flyte.flyte.installation import install
from fairlead_flyte.flyte.task import ConnectorTask
from fairlead_flyte.local.backends import local_backend
from fairlead_flyte.local.interruption import end_jobs_on_sigterm

__all__ = ["ConnectorExecutorMixin", "ConnectorTask", "install", "local_backend"]

end_jobs_on_sigterm()
