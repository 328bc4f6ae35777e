"""Connectors that were written for flytekit or for flyte 2, as connectors of fairlead, unmodified.

They come from the entry-point groups `flytekit.plugins` and `flyte.connectors`, and from any module that registers
them with flytekit or flyte when it is imported.
"""

from fairlead_flyte.bridge import hooks
from fairlead_flyte.bridge.registration import register_loaded

__all__ = ["hooks", "register_loaded"]
