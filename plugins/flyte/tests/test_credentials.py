"""TLS: who can talk to the server, and certificates that are renewed while it runs."""

import asyncio
import os
import ssl

import grpc
import pytest
import trustme
from cryptography import x509

from fairlead_flyte.credentials import server_credentials


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def other_authority():
    return trustme.CA()


@pytest.fixture
def files(tmp_path, authority):
    """The server's certificate and key."""
    paths = {"tls_cert": tmp_path / "tls.crt", "tls_key": tmp_path / "tls.key"}
    write(paths, authority.issue_cert("localhost", "127.0.0.1"))
    return paths


def write(paths, certificate):
    certificate.private_key_pem.write_to_path(str(paths["tls_key"]))
    certificate.cert_chain_pems[0].write_to_path(str(paths["tls_cert"]))


@pytest.fixture
def client_ca(tmp_path, authority):
    path = tmp_path / "ca.crt"
    authority.cert_pem.write_to_path(str(path))
    return path


def channel(port, trusted, client=None):
    pair = (None, None)
    if client is not None:
        pair = client.private_key_pem.bytes(), client.cert_chain_pems[0].bytes()
    credentials = grpc.ssl_channel_credentials(trusted.cert_pem.bytes(), *pair)
    options = [("grpc.use_local_subchannel_pool", 1)]
    return grpc.aio.secure_channel(f"localhost:{port}", credentials, options)


@pytest.fixture
def tls(serve, jobs, files):
    """A function that starts a server with TLS, and gives its port."""

    async def start(**options):
        served = await serve(jobs, **{name: str(path) for name, path in files.items()}, **options)
        return served.server.port

    return start


async def listing(channel):
    """Return the code with which one call on a channel ends."""
    async with channel:
        call = channel.unary_unary("/flyteidl.service.AgentMetadataService/ListAgents")(b"", timeout=10)
        return await call.code()


async def test_a_client_that_trusts_the_server(tls, authority):
    """A client that trusts the certificate's authority is answered."""
    assert await listing(channel(await tls(), authority)) is grpc.StatusCode.OK


async def test_a_client_that_does_not(tls, other_authority):
    """A client that does not trust it makes no call."""
    assert await listing(channel(await tls(), other_authority)) is grpc.StatusCode.UNAVAILABLE


async def test_a_client_without_tls(tls):
    """A client that does not speak TLS is not answered."""
    port = await tls()
    assert await listing(grpc.aio.insecure_channel(f"localhost:{port}")) is grpc.StatusCode.UNAVAILABLE


async def test_a_client_with_a_certificate(tls, authority, client_ca):
    """With an authority for clients, one whose certificate is signed by it is answered."""
    port = await tls(client_ca=str(client_ca))
    client = authority.issue_cert("client.example")
    assert await listing(channel(port, authority, client)) is grpc.StatusCode.OK


async def test_a_client_without_a_certificate(tls, authority, other_authority, client_ca):
    """One without a certificate, or with one of somebody else, is refused."""
    port = await tls(client_ca=str(client_ca))
    assert await listing(channel(port, authority)) is grpc.StatusCode.UNAVAILABLE
    stranger = other_authority.issue_cert("client.example")
    assert await listing(channel(port, authority, stranger)) is grpc.StatusCode.UNAVAILABLE


async def test_a_certificate_that_is_renewed(tls, files, authority):
    """A certificate that is replaced in its file is shown to the next client, without a new start."""
    port = await tls()
    assert await shown(port, authority) == serial(files)
    before = serial(files)
    changed_at = files["tls_cert"].stat().st_mtime_ns + 1_000_000
    write(files, authority.issue_cert("localhost", "127.0.0.1"))
    for path in files.values():
        os.utime(path, ns=(changed_at, changed_at))
    assert await shown(port, authority) == serial(files) != before


def serial(files):
    return x509.load_pem_x509_certificate(files["tls_cert"].read_bytes()).serial_number


async def shown(port, authority):
    """Return the serial number of the certificate that the server shows."""
    async with channel(port, authority) as client:
        call = client.unary_unary("/flyteidl.service.AgentMetadataService/ListAgents")
        assert await call(b"", timeout=10) is not None
    pem = await asyncio.to_thread(ssl.get_server_certificate, ("localhost", port))
    return x509.load_pem_x509_certificate(pem.encode()).serial_number


async def test_authorities_that_are_renewed(tls, files, authority, other_authority, client_ca):
    """So is the authority for clients: those of the new one are let in, and those of the old one no more."""
    port = await tls(client_ca=str(client_ca))
    changed_at = client_ca.stat().st_mtime_ns + 1_000_000
    other_authority.cert_pem.write_to_path(str(client_ca))
    os.utime(client_ca, ns=(changed_at, changed_at))
    assert await listing(channel(port, authority, other_authority.issue_cert("c"))) is grpc.StatusCode.OK
    assert await listing(channel(port, authority, authority.issue_cert("c"))) is grpc.StatusCode.UNAVAILABLE


async def test_a_certificate_that_has_gone(tls, files, authority):
    """While a file is being replaced, the certificate in use is shown."""
    port = await tls()
    files["tls_cert"].unlink()
    assert await listing(channel(port, authority)) is grpc.StatusCode.OK


async def test_a_certificate_without_its_key(tls, files, authority):
    """A new certificate is not shown before its key is there too, and the one of before is."""
    port = await tls()
    before = serial(files)
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    certificate.cert_chain_pems[0].write_to_path(str(files["tls_cert"]))
    assert await shown(port, authority) == before
    certificate.private_key_pem.write_to_path(str(files["tls_key"]))
    assert await shown(port, authority) == serial(files) != before


def test_a_file_that_is_not_there(files, tmp_path):
    """A server does not start without its certificate."""
    with pytest.raises(OSError, match="none.crt"):
        server_credentials(tmp_path / "none.crt", files["tls_key"], None)
