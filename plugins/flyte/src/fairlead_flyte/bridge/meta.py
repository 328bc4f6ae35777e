"""The resource metas of others, with their own bytes."""

from __future__ import annotations

from typing import Any, ClassVar, Self, cast

import msgspec

from fairlead import ResourceMeta


class PeerMeta(ResourceMeta):
    """The meta object of a connector of flytekit or flyte 2.

    It is encoded and decoded by its own class, so jobs that were started by flytekit's or flyte's server can be
    followed, and the other way round.
    """

    peer: Any
    peer_type: ClassVar[Any]

    def __repr__(self) -> str:
        """Show only the type: metas of others may hold secrets."""
        return f"<{type(self.peer).__name__}>"

    def encode(self) -> bytes:
        """Return the bytes that the peer's class makes."""
        encoded: bytes = self.peer.encode()
        return encoded

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read the bytes by the peer's class; raises what that raises."""
        return cls(cls.peer_type.decode(data))


def meta_type(peer_type: type) -> type[PeerMeta]:
    """Return the meta class for the meta class of a peer's connector."""
    made = msgspec.defstruct(peer_type.__name__, [], bases=(PeerMeta,), namespace={"peer_type": peer_type}, frozen=True)
    return cast("type[PeerMeta]", made)
