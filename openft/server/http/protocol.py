"""uvicorn's HTTP/1.1 protocol, with errors like all others."""

from __future__ import annotations

import json

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from openft._version import __version__
from openft.server.http.refusal import Refusal
from openft.server.naming import new_request_id


class JsonH11Protocol(H11Protocol):
    """Answers what is not HTTP, such as raw UTF-8 in a path, with our four keys instead of plain text."""

    def send_400_response(self, msg: str) -> None:
        """Answer 400 and hang up."""
        refusal = Refusal(400, f"{msg.lower().rstrip('.')}; percent-encode what is not ASCII", code="invalid_http")
        headers = [
            ("content-type", "application/json"),
            ("connection", "close"),
            ("openft-version", __version__),
            ("x-request-id", new_request_id()),
            ("openai-processing-ms", "0"),
        ]
        content = json.dumps(refusal.body).encode()
        for event in (
            h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
            h11.Data(data=content),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
