"""A web app for the cloud's tests: standard library only, so that it starts at once."""

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = parse_qs(url.query)
        if url.path == "/health":
            self._answer(int(os.environ.get("HEALTH_STATUS", "200")), {"status": "asked"})
        elif url.path == "/slow":
            time.sleep(float(query["seconds"][0]))
            self._answer(200, {"slow": True, "version": os.environ.get("VERSION", "1")})
        elif url.path == "/held":
            folder = Path(query["folder"][0])
            (folder / f"begun-{os.getpid()}-{threading.get_ident()}").touch()
            while not (folder / "go").exists():
                time.sleep(0.02)
            self._answer(200, {"held": True})
        elif url.path == "/headers":
            self._answer(200, dict(self.headers.items()))
        elif url.path == "/environment":
            self._answer(200, dict(os.environ))
        elif url.path == "/stream":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for piece in (b"one", b"two", b"three"):
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")
        elif url.path == "/put-item":
            self._answer(200, put_item(query["table"][0]))
        else:
            self._answer(200, {"version": os.environ.get("VERSION", "1"), "path": self.path})

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "17")
        self.end_headers()

    def do_POST(self) -> None:
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self._answer(200, {"received": len(body)})

    def _answer(self, status: int, document: object) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        print("asked", self.path, flush=True)


def put_item(table: str) -> dict[str, str]:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        client = boto3.client("dynamodb")
        client.put_item(TableName=table, Item={"id": {"S": "1"}})
        caller = boto3.client("sts").get_caller_identity()["Arn"]
    except (BotoCoreError, ClientError) as error:
        return {"error": str(error)}
    return {"caller": caller}


class Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 128


def stop(*_: object) -> None:
    if os.environ.get("IGNORE_SIGTERM"):
        return
    print("terminated", flush=True)
    os._exit(0)


if os.environ.get("CRASH"):
    print("about to crash: no database", flush=True)
    sys.exit(3)
signal.signal(signal.SIGTERM, stop)
print("serving version", os.environ.get("VERSION", "1"), flush=True)
Server((os.environ["HOST"], int(os.environ["PORT"])), Handler).serve_forever()
