"""The container's own health check: exits 0 when `GET /health` answers 200, else 1.

A file beside the application, not a module of it: it runs every few seconds on a quarter of a
CPU, so it imports the standard library only.
"""

import os
import sys
import urllib.error
import urllib.request

TIMEOUT_SECONDS = 3


def main() -> int:
    """Ask the server on this host; say on stderr why it is not healthy."""
    host = os.environ.get("HOST") or "127.0.0.1"
    if host in {"0.0.0.0", "::", "localhost"}:  # noqa: S104  (any address: ask the loopback one)
        host = "[::1]" if host == "::" else "127.0.0.1"
    elif ":" in host:
        host = f"[{host}]"
    url = f"http://{host}:{os.environ.get('PORT') or 5000}/health"
    # An empty ProxyHandler: a proxy in the environment is not for the loopback address.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=TIMEOUT_SECONDS) as response:
            return 0 if response.status == 200 else 1
    except (urllib.error.URLError, OSError) as error:
        sys.stderr.write(f"{url}: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
