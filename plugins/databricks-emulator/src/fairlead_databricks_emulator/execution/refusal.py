"""Why a task could not be started."""

from fairlead_databricks_emulator.runs.states import TerminationCode


class Refusal(Exception):
    """A task cannot be started, for a reason that is not in its code: a termination code and a message."""

    def __init__(self, code: TerminationCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
