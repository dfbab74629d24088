"""TLS proves who answers; nothing is sent to who cannot."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from napari_medscan.assistant import errors

from .serving import WHOLE, Server, question, says


def certificate(folder, host="127.0.0.1", days=1):
    """Return the file of a certificate that vouches for itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a test")])
    end = dt.datetime.now(dt.UTC) + dt.timedelta(days=days)
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))])
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(end - dt.timedelta(days=30))
        .not_valid_after(end)
        .add_extension(alternative, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


def serving(path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return Server(says(*WHOLE), context)


def test_who_is_trusted_gets_the_image(tmp_path, asking, monkeypatch):
    path = certificate(tmp_path)
    monkeypatch.setenv("MEDSCAN_CA_FILE", str(path))
    with serving(path) as server:
        assert asking.ask(question(server.url)).text == "A chest."


@pytest.mark.parametrize(
    ("kind", "trusted"),
    [({}, False), ({"host": "127.0.0.2"}, True), ({"days": -1}, True)],
    ids=["unknown", "another host", "expired"],
)
def test_a_bad_certificate_gets_nothing(kind, trusted, tmp_path, asking, monkeypatch):
    path = certificate(tmp_path, **kind)
    if trusted:
        monkeypatch.setenv("MEDSCAN_CA_FILE", str(path))
    with serving(path) as server:
        error = asking.ask(question(server.url)).error
        assert server.requests == []
    assert type(error) is errors.CertificateError
    assert "Nothing was sent" in str(error)


def test_a_server_without_tls_gets_nothing(asking):
    with Server(says(*WHOLE)) as server:
        error = asking.ask(question(server.url.replace("http:", "https:"))).error
    assert type(error) is errors.NoConnectionError


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_an_authority_added_by_openssls_variables_is_not_believed(
    name, tmp_path, asking, monkeypatch
):
    path = certificate(tmp_path)
    monkeypatch.setenv(name, str(path if name.endswith("FILE") else path.parent))
    with serving(path) as server:
        assert type(asking.ask(question(server.url)).error) is errors.CertificateError
        assert server.requests == []


def test_the_secrets_of_a_connection_are_not_written_to_a_file(tmp_path, asking, monkeypatch):
    path, secrets = certificate(tmp_path), tmp_path / "secrets.txt"
    monkeypatch.setenv("MEDSCAN_CA_FILE", str(path))
    monkeypatch.setenv("SSLKEYLOGFILE", str(secrets))
    with serving(path) as server:
        assert asking.ask(question(server.url)).text == "A chest."
    assert not secrets.exists()


@pytest.mark.parametrize("variable", ["SSLKEYLOGFILE", "SSL_CERT_FILE"])
def test_tls_to_a_proxy_reads_no_more_from_the_environment(variable, tmp_path, asking, monkeypatch):
    path, secrets = certificate(tmp_path), tmp_path / "secrets.txt"
    is_trusted = variable == "SSLKEYLOGFILE"
    monkeypatch.setenv(variable, str(secrets if is_trusted else path))
    if is_trusted:
        monkeypatch.setenv("MEDSCAN_CA_FILE", str(path))
    with serving(path) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url.removesuffix("/v1"))
        asking.ask(question("https://service.example/v1", through_proxy=True))
        assert [r[:8] for r in proxy.requests] == ([b"CONNECT "] if is_trusted else [])
    assert not secrets.exists()


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_an_institutions_file_that_cannot_be_read_lets_nothing_out(
    content, tmp_path, asking, monkeypatch
):
    named = tmp_path / "Canary.pem"
    if content is not None:
        named.write_bytes(content)
    monkeypatch.setenv("MEDSCAN_CA_FILE", str(named))
    with serving(certificate(tmp_path)) as server:
        error = asking.ask(question(server.url)).error
        assert server.requests == []
    assert type(error) is errors.CertificateError
    assert "MEDSCAN_CA_FILE" in str(error)
    assert "Canary" not in str(error)
