"""Certificates for TLS: given ones, or one made for this emulator alone."""

from pathlib import Path

import msgspec


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """Paths of PEM files: certificate and key of the server, and what clients have to trust."""

    certificate_file: str
    key_file: str
    ca_file: str


def self_signed(directory: Path, host: str) -> Certificate:
    """Make an authority and a certificate for `host`, localhost and 127.0.0.1; needs trustme (the extra `tls`)."""
    try:
        import trustme
    except ImportError as error:
        message = "--tls needs trustme: install fairlead-databricks-emulator[tls], or give --tls-cert and --tls-key"
        raise ModuleNotFoundError(message) from error
    directory.mkdir(parents=True, exist_ok=True)
    authority = trustme.CA()
    issued = authority.issue_cert(*dict.fromkeys([host, "localhost", "127.0.0.1"]))
    chain, key, ca = directory / "server.pem", directory / "server.key", directory / "ca.pem"
    chain.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(str(key))
    authority.cert_pem.write_to_path(str(ca))
    return Certificate(certificate_file=str(chain), key_file=str(key), ca_file=str(ca))
