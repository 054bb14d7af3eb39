"""Native arithmetic is exact, independent of other units, and the same on every processor.

The module is tested as installed, built for processors without wide registers, and built with sanitizers.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from dataclasses import fields
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import kernels
import numpy as np
import pytest
from example_counts import scaled
from hypothesis import given, settings
from hypothesis import strategies as st
from kernels import Drawn, answers, check_unit, lines

from scorer import native
from scorer.engine.kernel import Results
from scorer.formulas.native_lines import QuotientLine
from scorer.formulas.native_table import CriterionLine, Line, LineTable
from scorer.model.fixed_point import round_to_micro

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "hatch_build.py"
SANITIZED = os.environ.get("SANITIZED", "")
"""File of the module in the run with sanitizers."""
assert SANITIZED in ("", native.__file__)
SIZES = st.sampled_from([1, 2_047, 2_049, 5_000])
"""Units are scored 2,048 at a time, and 4,096 or more without holding Python's lock."""


def load(name: str, file: Path) -> ModuleType:
    """Loads a module from a file, without registering it for imports."""
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert sys.modules.get(name) is not module
    return module


def table_of(some: list[Line]) -> LineTable:
    return LineTable([CriterionLine(line) for line in some])


@settings(max_examples=scaled(60), deadline=None)
@given(st.lists(lines(), min_size=1, max_size=5), st.integers(0, 9), SIZES, st.booleans())
def test_lines_are_exact_and_independent_of_other_units(some: list[Line], seed: int, units: int, large: bool) -> None:
    matrix, table = answers(seed, units, large), table_of(some)
    together = table.evaluate(matrix)
    for unit in {0, units - 1, min(units - 1, 2_048)}:
        alone = table.evaluate(matrix[:, unit : unit + 1])
        for one, all_ in zip(alone, together, strict=True):
            np.testing.assert_array_equal(one[:, 0], all_[:, unit])
        for place, line in enumerate(some):
            exact = line.exact(matrix, unit)
            assert int(together.points[place, unit]) == round(exact)
            assert abs(float(exact - round(exact)) - together.remainders[place, unit]) < 1e-6


def score(drawn: Drawn, matrix: np.ndarray, excluded: np.ndarray, units: slice) -> Results:
    results = drawn.results(matrix.shape[1])
    drawn.kernel().score(matrix, excluded, results, units)
    return results


def arrays(results: Results) -> list[np.ndarray]:
    values = [getattr(results, field.name) for field in fields(results)]
    return [array for value in values for array in ([value.sums, value.wholes] if hasattr(value, "sums") else [value])]


@settings(max_examples=scaled(60), deadline=None)
@given(kernels.kernels(), st.integers(0, 9), SIZES, st.booleans())
def test_scores_levels_and_standings_follow_exactly_from_points(
    drawn: Drawn, seed: int, units: int, large: bool
) -> None:
    matrix = answers(seed, units, large)
    excluded = np.random.default_rng(seed).random((len(drawn.criteria), units)) < 0.05
    together = score(drawn, matrix, excluded, slice(0, units))
    for unit in {0, units - 1, min(units - 1, 2_048)}:
        check_unit(drawn, together, matrix[:, unit].tolist(), unit)
        alone = score(drawn, matrix, excluded, slice(unit, unit + 1))
        for one, all_ in zip(arrays(alone), arrays(together), strict=True):
            assert one[..., unit].tobytes() == all_[..., unit].tobytes()
            untouched = np.delete(one, unit, axis=-1)
            assert np.isin(untouched, [-7, 77]).all() or np.isnan(untouched).all(), "other units are not touched"


@settings(max_examples=scaled(60), deadline=None)
@given(kernels.kernels(), st.integers(0, 9), st.booleans())
def test_unused_outputs_change_no_other_output(drawn: Drawn, seed: int, large: bool) -> None:
    matrix, excluded = answers(seed, 700, large), np.zeros((len(drawn.criteria), 700), dtype=np.bool_)
    full = score(drawn, matrix, excluded, slice(0, 700))
    basic = Results(*(getattr(drawn.results(700), field.name) for field in fields(Results)[:4]))
    drawn.kernel().score(matrix, excluded, basic, slice(0, 700))
    for one, other in zip(arrays(basic)[:5], arrays(full), strict=False):
        assert one.tobytes() == other.tobytes()


@pytest.fixture(scope="session")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """The module as built for processors without wide registers."""
    build = load("hatch_build", BUILD)
    return load("scorer.native", build.compile_into(tmp_path_factory.mktemp("narrow"), ROOT, ["-DNO_AVX2_CLONE"]))


@settings(max_examples=scaled(60), deadline=None)
@given(kernels.kernels(), st.integers(0, 9), st.booleans())
def test_every_processor_gives_the_same_bytes(narrow: ModuleType, drawn: Drawn, seed: int, large: bool) -> None:
    assert narrow.score is not native.score
    matrix = answers(seed, 700, large)
    excluded = np.random.default_rng(seed).random((len(drawn.criteria), 700)) < 0.05
    wide = [*table_of([c.line for c in drawn.criteria]).evaluate(matrix)]
    wide += arrays(score(drawn, matrix, excluded, slice(0, 700)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scorer.formulas.native_table.native", narrow)
        patch.setattr("scorer.engine.kernel.native", narrow)
        same = [*table_of([c.line for c in drawn.criteria]).evaluate(matrix)]
        same += arrays(score(drawn, matrix, excluded, slice(0, 700)))
    assert [array.tobytes() for array in wide] == [array.tobytes() for array in same]


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="the sanitizers' library is loaded before everything else")
def test_sanitizers_find_nothing(tmp_path: Path) -> None:
    """Runs the tests of native code again with a module that checks every access and operation."""
    if SANITIZED:
        pytest.skip("this is the run with sanitizers")
    flags = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g", "-O1", "-DNO_AVX2_CLONE", "-fno-wrapv"]
    built = load("hatch_build", BUILD).compile_into(tmp_path, ROOT, flags)
    library = subprocess.run(["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True).stdout
    tests = [str(Path(__file__).with_name(name)) for name in ("test_native.py", "test_native_bounds.py")]
    options = ["-q", "-n", "0", "--capture=no", "-p", "no:cacheprovider", "-k", "not every_processor"]
    done = subprocess.run(
        [sys.executable, "-c", SANITIZED_RUN, str(built), *tests, *options],
        cwd=ROOT,
        env=os.environ
        | {
            "SANITIZED": str(built),
            "LD_PRELOAD": library.strip(),
            "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1",
            "PYTHONMALLOC": "malloc",
        },
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


SANITIZED_RUN = """
import importlib.util, sys
import pytest
spec = importlib.util.spec_from_file_location("scorer.native", sys.argv[1])
sys.modules["scorer.native"] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
sys.exit(pytest.main(sys.argv[2:]))
"""


@settings(max_examples=scaled(100), deadline=None)
@given(st.data(), st.integers(1, 40), st.sampled_from([0, 5, 10_000]), st.sampled_from([1, 3]))
def test_ranks_and_order_are_those_of_sorting(data: st.DataObject, units: int, most: int, rows: int) -> None:
    some = st.lists(st.integers(0, most), min_size=units, max_size=units)
    keys = np.array([data.draw(some) for _ in range(rows)])
    ranked = np.array([[key % 3 > 0 for key in row] for row in keys.tolist()])
    by_id = np.array(data.draw(st.permutations(range(units))))
    places = np.argsort(by_id)
    for ties in (native.COMPETITION, native.DENSE, native.ORDINAL):
        ranks, order = np.empty_like(keys), np.empty(units, dtype=np.int64)
        native.rank(keys, ranked, by_id, np.full(len(keys), ties), ranks, order)
        last = sorted(range(units), key=lambda u: (not ranked[-1, u], -keys[-1, u], places[u]))
        assert order.tolist() == last
        for row in range(rows):
            for unit in range(units):
                better = [keys[row, u] for u in range(units) if ranked[row, u] and keys[row, u] > keys[row, unit]]
                before = [u for u in range(units) if keys[row, u] == keys[row, unit] and places[u] < places[unit]]
                wanted = {native.COMPETITION: len(better), native.DENSE: len(set(better))}
                wanted[native.ORDINAL] = len(better) + len(before)
                assert ranks[row, unit] == (wanted[ties] + 1 if ranked[row, unit] else 0)


WHOLE = np.array([True, False])


@given(st.lists(st.one_of(st.floats(), st.integers(-5, 15).map(float)), min_size=1, max_size=9))
def test_a_suspicious_row_is_one_with_an_answer_that_is_not_allowed(some: list[float]) -> None:
    given = np.array([some, some])
    found = native.check_answers(given, np.array([[0.0, 0], [9, 9]]), WHOLE, np.array([[0, 1], [1, 0]]))
    reported = [value for value in some if value == value]
    assert found[0] == any(not 0 <= value <= 9 or value != int(value) for value in reported)
    assert found[1] == any(not 0 <= value <= 9 or value != round(value, 6) for value in reported)
    assert found[2] == (given[0] > given[1]).any()
    assert found[3] == (given[1] > given[0]).any()
    assert np.array_equal(given, [some, some], equal_nan=True)


@given(st.integers(-8 * 10**15, 8 * 10**15))
def test_the_double_nearest_to_millionths_gives_them(micro: int) -> None:
    nearest = float(Fraction(micro, 10**6))
    found = round_to_micro(np.array([nearest, np.nan]))
    assert found[0] == micro
    assert np.isnan(found[1])
    ranges, pairs = np.array([[-8e9] * 2, [8e9] * 2]), np.empty((2, 0), dtype=np.int64)
    assert native.check_answers(np.array([[0.0], [nearest]]), ranges, WHOLE, pairs) == b"\0\0"
    if 0 < abs(micro) < 10**15:  # beyond, the next double may be the nearest to other millionths
        assert native.check_answers(np.array([[0.0], [np.nextafter(nearest, 0)]]), ranges, WHOLE, pairs) == b"\0\1"


def test_no_negative_zero_remains() -> None:
    for other in (1.0, 3e9):
        some = np.array([[0.0] * 2, [-0.0, other]])
        native.check_answers(some, np.zeros((2, 2)), WHOLE, np.empty((2, 0), dtype=np.int64))
        assert not np.signbit(some).any()


def test_answers_may_be_integers_in_columns() -> None:
    table = table_of([QuotientLine(0, 1, 10, "zero", in_millionths=False)])
    assert table.evaluate(np.array([[1, 2], [3, 4], [5, 6]]).T).points.tolist() == [[5.0, 8.0, 8.0]]
