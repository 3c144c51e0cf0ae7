"""How wide a text is, near enough to place it without a browser."""

_NARROW = frozenset("iljtfrI.,:;'|!()[]/- ")
_WIDE = frozenset("mwMW%@—")


def width(text: str, size: float) -> float:
    """In pixels, of a sans-serif at ``size``; rather too wide than too narrow."""
    units = 0.0
    for letter in text:
        if letter in _NARROW:
            units += 0.34
        elif letter in _WIDE:
            units += 0.9
        elif letter.isupper():
            units += 0.69
        else:
            units += 0.57
    return units * size


def fitted(text: str, size: float, room: float) -> str:
    """The text, or as much of its beginning as there is room for."""
    if width(text, size) <= room:
        return text
    while text and width(f"{text}…", size) > room:
        text = text[:-1]
    return f"{text.rstrip()}…"


def wrapped(words: list[str], size: float, room: float, *, between: str = " · ") -> list[str]:
    """Words on as few lines as they need."""
    lines: list[str] = []
    for word in words:
        longer = f"{lines[-1]}{between}{word}" if lines else word
        if lines and width(longer, size) <= room:
            lines[-1] = longer
        else:
            lines.append(fitted(word, size, room))
    return lines
