"""Tasks of local flytekit workflows, run through fairlead's connectors; for use where flytekit is installed."""

from fairlead_flyte.flytekit.execution import ConnectorExecutorMixin
from fairlead_flyte.flytekit.installation import install
from fairlead_flyte.flytekit.task import ConnectorTask
from fairlead_flyte.local.backends import local_backend
from fairlead_flyte.local.interruption import end_jobs_on_sigterm

__all__ = ["ConnectorExecutorMixin", "ConnectorTask", "install", "local_backend"]

end_jobs_on_sigterm()
