"""The routes of the emulator itself: faults, what was requested, and a fresh start."""

from typing import Any

import msgspec
from litestar import get, post

from fairlead_databricks_emulator.api.request import ApiRequest
from fairlead_databricks_emulator.faults import ExpireTokens, FaultBook, InventState, RateLimit, Request, ShowStates
from fairlead_databricks_emulator.runs.parsing import convert
from fairlead_databricks_emulator.tokens import Tokens


@post("/emulator/faults", status_code=200)
async def add_fault(request: ApiRequest) -> dict[str, Any]:
    """Ask for a fault; its field `action` says which: see `fairlead_databricks_emulator.faults`."""
    fault: Request = convert(await request.arguments(), Request)  # type: ignore[arg-type]
    apply_fault(fault, request.parts.faults, request.parts.tokens)
    return {"pending": [msgspec.to_builtins(fault) for fault in request.parts.faults.pending]}


@post("/emulator/release", status_code=200)
async def release(request: ApiRequest) -> dict[str, Any]:
    """Let all requests go on that hang now."""
    request.parts.faults.release()
    return {}


@get("/emulator/requests")
async def count_requests(request: ApiRequest) -> dict[str, Any]:
    """Count the requests by method and path, and the connections that were opened."""
    return {"requests": request.parts.requests.counts(), "connections": request.parts.requests.connections}


@post("/emulator/reset", status_code=200)
async def reset(request: ApiRequest) -> dict[str, Any]:
    """Forget faults, requests, runs and jobs; files and credentials stay."""
    parts = request.parts
    parts.faults.clear()
    parts.tokens.renew()
    await parts.workspace.reset()
    parts.requests.clear()
    return {}


def apply_fault(fault: Request, faults: FaultBook, tokens: Tokens) -> None:
    """Let something go wrong, of whatever kind it is."""
    match fault:
        case RateLimit():
            faults.limit_rate(fault)
        case ExpireTokens():
            tokens.expire(fault)
        case ShowStates():
            faults.show_states(fault.show)
        case InventState():
            faults.invent_state(fault)
        case _:
            faults.add(fault)


ADMIN_ROUTES = (add_fault, release, count_requests, reset)
