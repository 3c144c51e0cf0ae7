"""What the shop sells: read once from catalog.json, which is the only place for prices."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

CURRENCY = "USD"
FILE = Path(__file__).with_name("catalog.json")


@dataclass(frozen=True, slots=True)
class Product:
    """One thing for sale. `price` is exact; `picture` is a file under static/."""

    id: str
    name: str
    description: str
    price: Decimal
    picture: str


class Catalog:
    """The products, by id, in the order of the file."""

    def __init__(self, products: Mapping[str, Product]) -> None:
        self._products = products

    @classmethod
    def load(cls, file: Path = FILE) -> "Catalog":
        """Read a catalogue file; prices are decimal numbers, kept as they are written."""
        rows = json.loads(file.read_text("utf-8"), parse_float=Decimal)
        return cls({row["id"]: Product(**row) for row in rows})

    def __iter__(self) -> Iterator[Product]:
        return iter(self._products.values())

    def get(self, product_id: str) -> Product | None:
        """Return the product of that id, or None."""
        return self._products.get(product_id)
