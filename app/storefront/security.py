"""What every response says to browsers, and which proxy headers are believed."""

from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

# Only this origin's own files, nothing inline, no frames.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

# Answers change from one moment, and one version, to the next; assets.py decides for its own.
DEFAULT_CACHE_CONTROL = "no-store"

# A year, the customary value; subdomains are not this application's to decide about.
STRICT_TRANSPORT_SECURITY = "max-age=31536000"


def protect(app: Flask) -> None:
    """Add the headers to every response of `app`, and trust exactly one proxy.

    A load balancer appends the caller to X-Forwarded-For and sets -Proto and -Port itself, but
    passes X-Forwarded-Host and -Prefix on as the caller sent them: those two are not believed.
    """
    app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # the way Flask documents middleware
        app.wsgi_app, x_for=1, x_proto=1, x_port=1, x_host=0, x_prefix=0
    )
    app.after_request(_add_headers)


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", DEFAULT_CACHE_CONTROL)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", STRICT_TRANSPORT_SECURITY)
    return response
