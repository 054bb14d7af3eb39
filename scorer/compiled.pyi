from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

def award(
    lines: np.ndarray,
    pool: NDArray[np.float64],
    parts: int,
    answers: NDArray[np.float64],
    left_out: NDArray[np.bool_],
    sums: NDArray[np.float64] | None,
    points: NDArray[np.float64] | None,
    missing: NDArray[np.bool_] | None,
    rests: NDArray[np.float64] | None,
) -> Sequence[tuple[int, int, float]]:
    """Works out the points of k criteria for n units.

    Args:
        lines: of ``LINE``; the parts of a line stand before it.
        pool: numbers that lines point into.
        parts: how many parts there are at a time.
        answers: (rows, n), NaN where not reported.
        left_out: (leavers, n) to begin with; lines add to it.
        sums: (4, groups, n), whose points and missing answers are filled; what leaves criteria out changes the others.
        points: (k, n) signed micropoints; ``missing`` and ``rests`` the same. None: nobody asks.

    Returns:
        What doubles leave in doubt: place of the criterion, place of the unit, and the signed points it was given.

    Raises:
        ValueError: arrays do not fit together, or a line leads beyond them.
    """

def survey(
    answers: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    whole: NDArray[np.bool_],
    parts: NDArray[np.intp],
    wholes: NDArray[np.intp],
) -> tuple[list[int], list[int]]:
    """Looks for answers that cannot be.

    Args:
        answers: (rows, n), NaN where not reported, which is never wrong.
        low, high: (rows,) the smallest and largest that can be.
        whole: (rows,) whether they have to be whole numbers.
        parts, wholes: (p,) rows of which the one is never larger than the other.

    Returns:
        The rows in which some may be wrong, certainly none in others; which of the p have a part larger than its whole.
    """

def sum_up(groups: NDArray[np.float64], members: NDArray[np.bool_], sums: NDArray[np.float64]) -> None:
    """Adds up the groups that are members of each sum.

    Args:
        groups: (m, g, n)
        members: (s, g), of at least as many sums as are filled.
        sums: (m, s, n) is filled.
    """

def fill_scores(
    points: NDArray[np.float64],
    maximum: NDArray[np.float64],
    nominal: NDArray[np.float64],
    step: float,
    percent: NDArray[np.float64],
    quotient: NDArray[np.float64],
    converted: NDArray[np.float64],
    published: NDArray[np.float64],
) -> bool:
    """What follows from s sums of n units, whole micropoints all.

    Args:
        points, maximum: (s, n).
        nominal: (w,) maxima of the first w sums if everything applied.
        step: micropoints of the last published decimal.
        percent: (s, n) is filled with points / maximum in parts per million, rounded down; 0 where the maximum is 0.
        quotient: (s, n) the same, not rounded; infinite where the maximum is 0.
        converted: (w, n) is filled with points x nominal / maximum, rounded down; 0 where the maximum is 0.
        published: (w, n) is filled with the nearest steps to these, an exact half away from zero.

    Returns:
        Whether some maximum is 0.
    """

def find_cells(
    measures: NDArray[np.float64],
    keys: NDArray[np.intp],
    edges: NDArray[np.float64],
    strides: NDArray[np.int64],
    cells: NDArray[np.intp],
) -> None:
    """Looks up where units are in gate tables: every edge that a key reaches is a stride further.

    Args:
        measures: (rows, n).
        keys: (k,) rows of measures.
        edges: (k, e), NaN where a key has fewer.
        strides: (tables, k).
        cells: (tables, n) is filled.
    """

def to_steps(values: NDArray[np.float64], step: float, steps: NDArray[np.int64]) -> tuple[int, int]:
    """Fills ``steps`` (n,) with values / step, without what is left, and tells the least and the most."""

def rank_steps(steps: NDArray[np.int64], ranked: NDArray[np.bool_], dense: bool, ranks: NDArray[np.int64]) -> None:
    """Fills ``ranks`` (n,) with competition ranks, or dense ones, from 1; 0 for who is not ranked.

    Args:
        steps: (n,) small whole numbers from 0, the better the larger.
        ranked: (n,)
    """

def order_steps(
    steps: NDArray[np.int64], ranked: NDArray[np.bool_], units: NDArray[np.int64], order: NDArray[np.int64]
) -> None:
    """Fills ``order`` (n,) with the units: ranked ones first, the better first, equals as in ``units`` (n,)."""

def place_columns(
    numbers: bytes | memoryview | NDArray[np.float64], places: NDArray[np.intp], matrix: NDArray[np.float64]
) -> None:
    """Copies k columns of n doubles, one after the other, to rows (k,) of a matrix (rows, n); below 0: nowhere."""

def in_micro(values: NDArray[np.float64], micro: NDArray[np.float64]) -> None:
    """Fills ``micro`` (n,) with the nearest whole numbers of millionths, exact up to 8,000,000,000 units."""

def six_decimals(matrix: NDArray[np.float64], places: NDArray[np.intp], limit: float) -> None:
    """Makes the numbers in some rows of a matrix (rows, n), as far as they are no larger than the limit either way, the
    doubles nearest to their six decimals."""

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

def look_through(texts: Sequence[str]) -> tuple[int, int, bool, bool, bool, bool]:
    """What ``texts.Look`` tells of some texts."""

def packed_texts(tag: bytes, texts: tuple[str, ...], places: NDArray[np.int64]) -> bytes:
    """Some texts, in the order of places, as a repeated field: each after the field's tag and its own size."""

def packed_columns(places: NDArray[np.int64], fields: tuple[tuple[bytes, np.ndarray, float], ...]) -> bytes:
    """Columns of some units, in the order of places, as packed fields: each after its tag and its size.

    Args:
        places: (m,)
        fields: tag; values (n,), float64, or for whole numbers int64, bool or uint8 too; the unit that doubles are to
            be in, or 0 for whole numbers from 0 to 2^32 - 1, which go as varints.
    """
