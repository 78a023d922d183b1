"""The TLS context of the built-in transport.

It verifies against certifi's authorities, with TLS 1.2 or later. No environment variable changes
it: `ssl.create_default_context` would write keys to SSLKEYLOGFILE, and the system's default
authorities follow SSL_CERT_FILE, which is for `trust_env=True`.
"""

import ssl

import certifi


def make_context(*, trust_env: bool) -> ssl.SSLContext:
    """Return a context that checks the certificate and the host name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cafile=certifi.where())
    if trust_env:
        context.load_default_certs()
    return context
