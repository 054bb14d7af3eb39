"""Tasks for contributors: ``nox --list`` lists them, and ``nox -s quick`` runs one.

They run in the active virtual environment, in which ``pip install nox`` and then ``nox -s setup`` install everything.
"""

import nox

nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "quick"]
nox.options.stop_on_first_error = True

QUICK = [
    f"tests/{name}.py"
    for name in ("unit/test_layers", "service/test_cohorts", "service/test_ranking", "service/test_table_types")
]
"""Test files that cover most of the engine and take seconds."""


@nox.session
def setup(session: nox.Session) -> None:
    """Install the service, the client and all tools; also compile the C code again after a change."""
    session.run("pip", "install", "--quiet", "-r", "requirements-dev.txt")


@nox.session
def quick(session: nox.Session) -> None:
    """Run tests that take seconds; or the files and options after ``--``."""
    session.run("pytest", "-q", *(session.posargs or QUICK))


@nox.session
def tests(session: nox.Session) -> None:
    """Run all tests, also the long ones; options of pytest follow after ``--``."""
    session.run("pytest", "--long", *session.posargs)


@nox.session
def spark(session: nox.Session) -> None:
    """Install pyspark, which is large, and run the tests of the Spark package; they need Java."""
    session.run("pip", "install", "--quiet", "-c", "constraints.txt", "-e", "./clients/spark")
    session.run("pytest", "--long", "--numprocesses=0", *(session.posargs or ["tests/spark"]))


@nox.session
def lint(session: nox.Session) -> None:
    """Format the code, and check style, types, layers and the contract."""
    session.run("ruff", "format", "--quiet", ".")
    session.run("ruff", "check", "--quiet", ".")
    session.run("mypy")
    session.run("lint-imports", "--no-logo")
    session.run("buf", "lint")


@nox.session
def generate(session: nox.Session) -> None:
    """Write stubs, reference pages and the picture of the README again; ``-- --check`` only compares."""
    session.run("python", "tools/generate.py", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation site in site/."""
    session.run("python", "tools/site/build.py", *session.posargs)


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Run the benchmarks with short samples; ``-- benchmarks`` runs them in full."""
    session.run("pytest", *(session.posargs or ["benchmarks", "--quick"]))
