"""Whose certificates are believed: Mozilla's list, the system's, and an institution's own.

`SSLKEYLOGFILE` would have the secrets of each connection written to a file, with which a recorded
send can be read; `SSL_CERT_FILE` and `SSL_CERT_DIR` would add an authority. Neither is read here.
"""

from __future__ import annotations

import os
import ssl
import sys
from pathlib import Path

from napari_medscan.assistant.errors import CertificateError

VARIABLE = "MEDSCAN_CA_FILE"
"""Environment variable that names a PEM file with the certificate of an institution's authority."""
_SYSTEM = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
"""Where systems with OpenSSL keep what their administrator trusts."""
_SERVERS = ssl.Purpose.SERVER_AUTH.oid


def trusted_certificates() -> ssl.SSLContext:
    """Return a context that wants a valid certificate of the host, TLS 1.2 or newer.

    Raises
    ------
    CertificateError
        When the institution's file cannot be read: nothing may be sent then.
    """
    import certifi

    # Not ssl.create_default_context, which reads SSLKEYLOGFILE.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(certifi.where())
    if sys.platform == "win32":
        # Not load_default_certs, which reads SSL_CERT_FILE besides the system's store.
        for data, encoding, purpose in ssl.enum_certificates("ROOT"):
            if encoding == "x509_asn" and (purpose is True or _SERVERS in purpose):
                context.load_verify_locations(cadata=data)
    else:
        found = next((path for path in _SYSTEM if Path(path).is_file()), None)
        if found is not None:
            context.load_verify_locations(found)
    own = os.environ.get(VARIABLE)
    if own:
        try:
            context.load_verify_locations(own)
        except (OSError, ValueError):
            # ssl.SSLError is an OSError; the path may name somebody.
            raise CertificateError(
                f"The file that {VARIABLE} names holds no certificates that can be read. Nothing "
                "was sent. Ask your administrator."
            ) from None
    return context
