import numpy as np
from numpy.typing import NDArray

def place_columns(
    numbers: bytes | memoryview | NDArray[np.float64], places: NDArray[np.intp], matrix: NDArray[np.float64]
) -> None:
    """Copies k columns of n doubles, one after the other, to rows (k,) of a matrix (rows, n); below 0: nowhere."""

def find_field(data: bytes, first: int, last: int, number: int) -> tuple[int, int, int] | None:
    """Where the field of a number is in the message in data[first:last]: its tag, its content, and what comes after.

    None unless it is there once, delimited by its length, and all the bytes are fields.
    """

def take_answers(data: bytes, first: int, last: int, holder: int, field: int) -> tuple[bytes, list[bytes]] | None:
    """Takes maps of answers out of the message in data[first:last]: it without them, and them, one row after the other.

    A row is a ``holder``, a field of the message; its map is a ``field``. The map of a row stays, and nothing is given,
    if any entry is not one short ASCII key with one number, flag, short ASCII choice or date. None if there is anything
    else than fields in the message or a row.
    """

def read_answers(
    entries: tuple[bytes, ...], asked: dict[bytes, tuple[int, int, dict[bytes, float]]], matrix: NDArray[np.float64]
) -> list[int]:
    """Fills the columns of some rows of a matrix (rows, n) with what n maps of answers say.

    Args:
        entries: as ``take_answers`` gives them.
        asked: by key, the row, the number of the field that holds such an answer, and the numbers of its options.

    Returns:
        Those of the n that have something else than what is asked, or no number; their columns mean nothing.
    """

def fill_forms(
    steps: NDArray[np.int64],
    texts: bytes,
    sources: tuple[np.ndarray, ...],
    places: NDArray[np.int64],
    before: tuple[bytes, ...],
) -> list[bytes]:
    """Messages of one kind for m of n units.

    Args:
        steps: (k, 6), as ``service.forms.Form`` has them.
        texts: what steps write as it is.
        sources: arrays (rows, n) of float64, int64, bool or uint8.
        places: (m,)
        before: m beginnings of the messages.
    """

def look_up(numbers: NDArray[np.float64], values: NDArray[np.float64], out: NDArray[np.float64]) -> int:
    """Fills ``out`` (n,) with values[numbers], NaN where there is no such place; how many of these are not NaN."""

def packed_texts(tag: bytes, texts: tuple[str, ...], places: NDArray[np.int64]) -> bytes:
    """Some texts, in the order of places, as a repeated field: each after the field's tag and its own size."""

def packed_columns(places: NDArray[np.int64], fields: tuple[tuple[bytes, np.ndarray, float], ...]) -> bytes:
    """Columns of some units, in the order of places, as packed fields: each after its tag and its size.

    Args:
        places: (m,)
        fields: tag; values (n,), float64, or for whole numbers int64, bool or uint8 too; the unit that doubles are to
            be in, or 0 for whole numbers from 0 to 2^32 - 1, which go as varints.
    """
