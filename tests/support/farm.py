"""A small external system over HTTP, as the guide's second connector reaches it."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = "token of the test system"
SECONDS = 0.3


class Farm:
    """Jobs by idempotency key; each is done after a moment.

    `answers` are what the next requests get instead: a status, or 0 for a connection that is closed, and headers.
    """

    def __init__(self):
        self.jobs, self.answers = {}, []
        handler = type("Handler", (_Handler,), {"farm": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method, path, headers):
        """Return status and document."""
        if headers["Authorization"] != f"Bearer {TOKEN}":
            return 401, {}
        if method == "POST":
            job = {"id": str(len(self.jobs)), "state": "growing", "end": time.monotonic() + SECONDS}
            return 200, self.jobs.setdefault(headers["Idempotency-Key"], job)
        job = next((job for job in self.jobs.values() if path == f"/jobs/{job['id']}"), None)
        if job is None:
            return 404, {}
        if job["state"] == "growing" and method == "DELETE":
            job["state"] = "cancelled"
        if job["state"] == "growing" and time.monotonic() > job["end"]:
            job |= {"state": "done", "outputs": {"sacks": 3}}
        return 200, job


class _Handler(BaseHTTPRequestHandler):
    farm = None

    def _answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, headers = self.farm.answers.pop(0) if self.farm.answers else (None, {})
        if status == 0:
            return
        body = {}
        if status is None:
            status, body = self.farm.answer(self.command, self.path, self.headers)
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - the server calls them so

    def log_message(self, *_):
        """Say nothing."""
