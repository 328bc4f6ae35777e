"""TLS: the server's certificate, and which clients it trusts."""

from __future__ import annotations

import ssl
from pathlib import Path

import grpc


def server_credentials(certificate: Path, key: Path, client_ca: Path | None) -> grpc.ServerCredentials:
    """Return credentials that follow the files: a certificate that is renewed in its place is used from then on.

    With `client_ca`, clients must show a certificate that it has signed. Raises `OSError` where a file cannot be read, and
    `ValueError` where it is not what it should be.
    """
    files = [certificate, key, *([client_ca] if client_ca else [])]
    read_at = [_changed_at(files)]
    _check(certificate, key, client_ca)

    def renewed() -> grpc.ServerCertificateConfiguration | None:
        try:
            changed_at = _changed_at(files)
            if changed_at == read_at[0]:
                return None
            _check(certificate, key, client_ca)
            configuration = _configuration(certificate, key, client_ca)
        except (OSError, ValueError):  # they are being replaced, one after the other; those in use stay
            return None
        read_at[0] = changed_at
        return configuration

    first = _configuration(certificate, key, client_ca)
    return grpc.dynamic_ssl_server_credentials(
        first,
        renewed,  # type: ignore[arg-type]  # None is: nothing new
        require_client_authentication=client_ca is not None,
    )


def _check(certificate: Path, key: Path, client_ca: Path | None) -> None:
    """Raise `ValueError` where the files are no certificates and keys, of which gRPC says only that it cannot listen."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key, password=_refuse)
    except ValueError as error:
        message = f"{key} cannot be used: {error}"
        raise ValueError(message) from error
    except ssl.SSLError as error:
        message = f"{certificate} and {key} are no certificate (PEM) and its private key: {error.reason or error}"
        raise ValueError(message) from error
    try:
        if client_ca is not None:
            context.load_verify_locations(client_ca)
    except ssl.SSLError as error:
        message = f"{client_ca} is no certificate (PEM): {error.reason or error}"
        raise ValueError(message) from error


def _refuse() -> str:
    """Say no where OpenSSL wants the password of a key; without this, it would ask on the terminal."""
    message = "it is encrypted; give a private key without a password"
    raise ValueError(message)


def _configuration(certificate: Path, key: Path, client_ca: Path | None) -> grpc.ServerCertificateConfiguration:
    pair = (key.read_bytes(), certificate.read_bytes())
    return grpc.ssl_server_certificate_configuration([pair], client_ca.read_bytes() if client_ca else None)


def _changed_at(files: list[Path]) -> list[int]:
    return [file.stat().st_mtime_ns for file in files]
