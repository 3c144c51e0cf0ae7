"""The colours of both pictures, light and dark, as CSS variables."""

LIGHT = {
    "paper": "#fbf8f1",
    "card": "#ffffff",
    "ink": "#17282f",
    "soft": "#52646b",
    "rule": "#ddd6c6",
    "line": "#5b6f76",
    "deep": "#0e3a4a",
    "deep-ink": "#ffffff",
    "entry": "#b8401c",
    "compute": "#0b6e7f",
    "data": "#5b4bb2",
    "messages": "#a3600a",
    "network": "#3f6212",
    "watch": "#a3245f",
    "other": "#52646b",
    "good": "#1d6b4a",
    "bad": "#b3261e",
    "unsure": "#7a6a2b",
}
DARK = {
    "paper": "#0f1c21",
    "card": "#17282f",
    "ink": "#eef3f1",
    "soft": "#a9bbc0",
    "rule": "#2f464f",
    "line": "#8aa0a7",
    "deep": "#d6e6e8",
    "deep-ink": "#0f1c21",
    "entry": "#f4936a",
    "compute": "#5cc4d4",
    "data": "#b3a6ff",
    "messages": "#f0b04b",
    "network": "#a5cf6b",
    "watch": "#f58bb8",
    "other": "#a9bbc0",
    "good": "#7fd4ac",
    "bad": "#ff9d8a",
    "unsure": "#e5cf7c",
}
SERIES = ("compute", "messages", "data", "entry", "network", "watch", "soft", "good")
"""Colours of a chart's lines, in their order."""
SANS = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'


def variables(scope: str) -> str:
    """A style sheet that defines the colours for ``scope``."""
    light, dark = (
        "".join(f"--{name}:{value};" for name, value in colours.items())
        for colours in (LIGHT, DARK)
    )
    return (
        f"{scope}{{color-scheme:light dark;{light}}}"
        f"@media (prefers-color-scheme:dark){{{scope}{{{dark}}}}}"
    )
