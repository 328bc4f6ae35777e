"""Signing in: which tokens are good, and how clients get them."""

import httpx
import pytest

from fairlead_databricks_emulator import Emulator


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eDp5"}])
@pytest.mark.parametrize("path", ["/api/2.2/jobs/list", "/api/2.0/preview/scim/v2/Me", "/api/2.0/nothing"])
def test_without_a_good_token(databricks_emulator, path, header):
    """Every route of the API needs a good token."""
    answer = httpx.get(databricks_emulator.host + path, headers=header)
    assert (answer.status_code, answer.json()["error_code"]) == (401, "UNAUTHENTICATED")


def test_discovery_leads_to_the_token_route(databricks_emulator):
    """From the host alone a client finds where to sign in."""
    host = databricks_emulator.host
    metadata = httpx.get(f"{host}/.well-known/databricks-config").json()
    server = httpx.get(f"{metadata['oidc_endpoint']}/.well-known/oauth-authorization-server").json()
    assert server["token_endpoint"] == f"{host}/oidc/v1/token"


@pytest.mark.parametrize("by_form", [True, False])
def test_client_credentials(databricks_emulator, by_form):
    """The secret of the service principal is taken from the form or from the header, and gives a token."""
    emulator = databricks_emulator
    form = {"grant_type": "client_credentials", "scope": "all-apis"}
    secret = {"client_id": emulator.client_id, "client_secret": emulator.client_secret}
    answer = httpx.post(
        f"{emulator.host}/oidc/v1/token",
        data={**form, **secret} if by_form else form,
        auth=None if by_form else (emulator.client_id, emulator.client_secret),
    ).json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    assert httpx.get(f"{emulator.host}/api/2.0/preview/scim/v2/Me", headers=headers).json()["active"] is True


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "client_id": "x", "client_secret": "y"}, 401, "invalid_client"),
    ],
)
def test_refused_credentials(databricks_emulator, form, status, error):
    """Other grants and wrong secrets are refused as OAuth says."""
    answer = httpx.post(f"{databricks_emulator.host}/oidc/v1/token", data=form)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_token_lifetime():
    """An OAuth token is good for as long as the emulator was told."""
    with Emulator(token_lifetime=0) as emulator:
        form = {"grant_type": "client_credentials"}
        credentials = (emulator.client_id, emulator.client_secret)
        token = httpx.post(f"{emulator.host}/oidc/v1/token", data=form, auth=credentials).json()["access_token"]
        answer = httpx.get(f"{emulator.host}/api/2.2/jobs/list", headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.json()["message"]) == (401, "Access token is expired.")
