"""What is counted of the traffic: requests, and the connections they came on."""

import httpx


def test_connections(client):
    """A connection that is kept is counted once, and one that is opened anew each time."""
    requests = client.emulator.requests
    requests.clear()
    with httpx.Client(base_url=client.emulator.host) as kept:
        for _ in range(3):
            kept.get("/.well-known/databricks-config")
        assert (len(requests), requests.connections) == (3, 1)
        for _ in range(2):
            httpx.get(f"{client.emulator.host}/.well-known/databricks-config")
        assert (len(requests), requests.connections) == (5, 3)
        counted = kept.get("/emulator/requests").json()
    assert counted == {"requests": {"GET /.well-known/databricks-config": 5}, "connections": 3}
    requests.clear()
    assert requests.connections == 0
