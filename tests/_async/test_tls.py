"""Connections under TLS: checked, and with the same deadlines."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from _async.support import MODEL
from loopback import HANG, KEY, Loopback, Pause, reply
from openft import APIConnectionError, APITimeoutError, AsyncClient
from openft._runtime import tls

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="makes its certificate with openssl")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    subprocess.run(
        ["openssl", "req", "-x509", *kind, *subject, "-keyout", file, "-out", file.with_suffix(".crt")],
        check=True,
        capture_output=True,
    )
    file.write_bytes(file.read_bytes() + file.with_suffix(".crt").read_bytes())
    return file


@pytest.fixture
def context(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ssl.SSLContext]:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_suffix(".crt")))
    tls._verified.cache_clear()
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate)
    yield made
    tls._verified.cache_clear()


def client_at(server: Loopback, host: str = "localhost", timeout: float = 10) -> AsyncClient:
    return AsyncClient(base_url=f"https://{host}:{server.port}/v1", api_key=KEY, timeout=timeout, max_retries=0)


@pytest.mark.anyio
async def test_a_server_with_a_known_certificate_is_talked_to(context: ssl.SSLContext) -> None:
    with Loopback([[reply(200, MODEL)]] * 2, tls=context) as server:
        async with client_at(server) as client:
            assert (await client.models.retrieve("ada")).id == "ada"
            assert (await client.models.retrieve("ada")).id == "ada"
    assert server.connections == 1


@pytest.mark.anyio
async def test_a_server_with_another_name_is_not_sent_the_key(context: ssl.SSLContext) -> None:
    with Loopback([[reply(200, MODEL)]], tls=context) as server:
        async with client_at(server, "127.0.0.1") as client:
            with pytest.raises(APIConnectionError, match="cannot connect"):
                await client.models.retrieve("ada")
    assert server.requests == []


@pytest.mark.anyio
async def test_the_deadline_holds_under_tls(context: ssl.SSLContext) -> None:
    drip = [piece for _ in range(60) for piece in (Pause(0.2), b" ")]
    with Loopback([[b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n", *drip]], tls=context) as server:
        async with client_at(server, timeout=0.7) as client:
            began = monotonic()
            with pytest.raises(APITimeoutError):
                await client.models.retrieve("ada")
    assert 0.5 < monotonic() - began < 3


@pytest.mark.anyio
async def test_the_deadline_holds_for_a_handshake_that_does_not_come(certificate: Path) -> None:
    assert certificate
    with Loopback([[HANG]]) as server:
        async with client_at(server, timeout=0.5) as client:
            began = monotonic()
            with pytest.raises(APITimeoutError):
                await client.models.retrieve("ada")
    assert 0.4 < monotonic() - began < 3
