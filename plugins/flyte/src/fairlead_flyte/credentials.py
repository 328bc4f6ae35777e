"""TLS: the server's certificate, and which clients it trusts."""

from __future__ import annotations

from pathlib import Path

import grpc


def server_credentials(certificate: Path, key: Path, client_ca: Path | None) -> grpc.ServerCredentials:
    """Return credentials that follow the files: a certificate that is renewed in its place is used from then on.

    With `client_ca`, clients must show a certificate that it has signed. Raises `OSError` where a file cannot be read.
    """
    files = [certificate, key, *([client_ca] if client_ca else [])]
    read_at = [_changed_at(files)]

    def renewed() -> grpc.ServerCertificateConfiguration | None:
        try:
            changed_at = _changed_at(files)
            if changed_at == read_at[0]:
                return None
            configuration = _configuration(certificate, key, client_ca)
        except OSError:  # it is being replaced; the one in use stays
            return None
        read_at[0] = changed_at
        return configuration

    first = _configuration(certificate, key, client_ca)
    return grpc.dynamic_ssl_server_credentials(
        first,
        renewed,  # type: ignore[arg-type]  # None is: nothing new
        require_client_authentication=client_ca is not None,
    )


def _configuration(certificate: Path, key: Path, client_ca: Path | None) -> grpc.ServerCertificateConfiguration:
    pair = (key.read_bytes(), certificate.read_bytes())
    return grpc.ssl_server_certificate_configuration([pair], client_ca.read_bytes() if client_ca else None)


def _changed_at(files: list[Path]) -> list[int]:
    return [file.stat().st_mtime_ns for file in files]
