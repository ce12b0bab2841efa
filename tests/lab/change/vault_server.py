"""HashiCorp Vault's KV version 2 over HTTP, as far as reading a secret goes; no package index here has the real one.

`GET /v1/:mount/data/:path` with `X-Vault-Token`; answers and errors as in developer.hashicorp.com/vault/api-docs:
403 `permission denied` for another token, 404 with no errors for a path without a secret.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Vault:
    token: str
    secrets: dict[str, dict[str, str]]
    """`mount/data/path` to its fields"""
    address: str = ""
    asked: list[str] = field(default_factory=list)

    def answer(self, path: str, token: str | None) -> tuple[int, dict[str, Any]]:
        self.asked.append(path)
        if token != self.token:
            return 403, {"errors": ["permission denied"]}
        data = self.secrets.get(path.removeprefix("/v1/"))
        if data is None:
            return 404, {"errors": []}
        metadata = {"created_time": "2026-11-23T10:00:00Z", "deletion_time": "", "destroyed": False, "version": 1}
        body = {"data": {"data": data, "metadata": metadata}, "lease_id": "", "renewable": False, "lease_duration": 0}
        return 200, body


@contextmanager
def serving(vault: Vault) -> Iterator[Vault]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = vault.answer(self.path, self.headers.get("X-Vault-Token"))
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_words: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    vault.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield vault
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
