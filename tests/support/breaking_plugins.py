"""Plugins that break when they are imported, with the reasons that are given, and plugins that print."""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path

from third_party import HEAD, document, group_module, third_party_plugin

from egov.scorer.v1 import scorer_pb2 as pb

HANGS_IN_HOOK = """\
import time

from scorer.plugin_api import hookimpl


@hookimpl
def scorer_formulas():
    time.sleep(90)
"""

LEAVES_THREAD = f"""\
import threading
import time

threading.Thread(target=time.sleep, args=(90,), name="heartbeat", daemon=True).start()
{group_module("threads")}"""

DISTURBS = """\
import contextlib
import os

for descriptor in range(3, 20):
    with contextlib.suppress(OSError):
        os.write(descriptor, b"[]\\n{}\\n-\\n")
os._exit(2)
"""

SECONDS = "3"
"""Time limit of the probe in these tests, so that a hanging plugin does not delay them for long."""

NAP = 86_400 + os.getpid()
"""A number of seconds that no other process sleeps, so that these processes can be found."""

LEAVES_CHILD = f"""\
import os
import subprocess

subprocess.Popen(["sleep", "{NAP}"])
os.kill(os.getpid(), 15)
"""

JUDGES = """\
import json, os

said = [{"plugin": n, "failure": "", "group_name": "", "api_version": 1, "withheld": []} for n in range(99)]
for pipe in range(3, 20):
    try:
        os.write(pipe, "".join(json.dumps(verdict) + "\\n" for verdict in said).encode())
    except OSError:
        pass
"""

BREAKING: dict[str, tuple[str, str]] = {
    "dust": ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
    "exits": ("import sys; sys.exit(3)", "SystemExit: 3"),
    "ends": (
        "import os; print('no licence', flush=True); os._exit(7)",
        "ended the process with code 7 while it was imported; its last output: no licence",
    ),
    "ends_well": ("import os; os._exit(0)", "ended the process with code 0 while it was imported"),
    "crashes": ("import ctypes; ctypes.string_at(0)", "ended the process with signal SIGSEGV while it was imported"),
    "disturbs": (
        DISTURBS,
        "ended the process with code 2 while it was imported",
    ),
    "closes": ("import os; os.closerange(3, 99); os.close(1); os.abort()", "signal SIGABRT while it was imported"),
    "closes_all": (
        "import os; os.closerange(0, 4096)\n" + group_module("closes_all"),
        "closes or redirects files of the process while it was imported",
    ),
    "copies": (
        "import copy; copy.copy = copy.deepcopy = None\n" + group_module("copies"),
        "changes copy.copy, copy.deepcopy, which the whole service uses",
    ),
    "manages": (
        "import contextlib, re; contextlib.suppress = re.compile = re.sub = None\n" + group_module("manages"),
        "changes contextlib.suppress, re.compile, re.sub, which the whole service uses",
    ),
    "walks": (
        "import pathlib; pathlib.Path.iterdir = pathlib.Path.read_text = None\n" + group_module("walks"),
        "changes Path.iterdir, Path.read_text, which the whole service uses",
    ),
    "asks_nothing": (
        "import builtins; builtins.isinstance = builtins.setattr = builtins.vars = None\n"
        + group_module("asks_nothing"),
        "changes builtins.isinstance, builtins.setattr, builtins.vars, which the whole service uses",
    ),
    "forgets": (
        group_module("forgets") + "\nimport sys; sys.modules.clear()\n",
        "changes module ",
    ),
    "patches_later": (
        group_module("patches_later").replace("    return Group()", "    np.sum = None\n    return Group()"),
        "changes numpy.sum, which the whole service uses",
    ),
    "traces": (
        "import sys; sys.settrace(lambda *_: None)\n" + group_module("traces"),
        "changes the tracing of calls (settrace), which the whole service uses",
    ),
    "finds_badly": (
        "import sys\n\nclass Finder:\n    def find_spec(self, *_):\n        raise KeyError('x')\n\n"
        + group_module("finds_badly")
        + "\nsys.meta_path.insert(0, Finder())\n",
        "breaks the import of modules: KeyError: 'x'",
    ),
    "audits": (
        "import sys; sys.addaudithook(lambda *_: None)\n" + group_module("audits"),
        "adds an audit hook, which cannot be removed and can stop the whole service",
    ),
    "collects": (
        "import gc; gc.callbacks.append(lambda *_: None)\n" + group_module("collects"),
        "changes the callbacks of the garbage collector, which the whole service uses",
    ),
    "children": (LEAVES_CHILD, "ended the process with signal SIGTERM while it was imported"),
    "floods": ("while True: print('x' * 999)", "printed more than 1,048,576 bytes while it was imported"),
    "hangs": ("import time; time.sleep(90)", f"was not imported within {SECONDS} seconds"),
    "threads": (LEAVES_THREAD, "leaves threads running: heartbeat"),
    "forks": (
        "import os\n\nos.fork()\n" + group_module("forks"),
        "forks the process, which would run the service twice",
    ),
    "syntax": ("def", "SyntaxError: invalid syntax (syntax.py, line 1)"),
    "typo": (
        group_module("typo").replace("kind='number'", "kind='numbr'"),
        "indicator wells: unknown kind 'numbr'; did you mean 'number'? (typo, line ",
    ),
    "calls": ("\nimport json\n\njson.loads('')\n", "line 1 column 1 (char 0) (calls, line 4)"),
    "reads": (
        "input()\n" + group_module("reads"),
        "reads standard input, which belongs to the person who runs the command",
    ),
    "closes_errors": (
        "import os; os.close(2)\n" + group_module("closes_errors"),
        "closes or redirects files of the process (descriptor 2)",
    ),
    "redirects_errors": (
        "import os; os.dup2(os.open(os.devnull, os.O_WRONLY), 2)\n" + group_module("redirects_errors"),
        "closes or redirects files of the process (descriptor 2)",
    ),
    "strict": (
        "import warnings; warnings.simplefilter('error')\n" + group_module("strict"),
        "changes the filters of warnings, which the whole service uses",
    ),
    "rescores": (
        "import scorer.plugin_api as api; api.CriterionGroup.score = lambda *_: None\n" + group_module("rescores"),
        "changes CriterionGroup.score, which the whole service uses",
    ),
    "rereads": (
        "import scorer.plugin_api as api; api.Cohort.values = lambda *_: None\n" + group_module("rereads"),
        "changes Cohort.values, which the whole service uses",
    ),
    "speaks": (
        "import locale; locale.setlocale(locale.LC_NUMERIC, 'C.UTF-8')\n" + group_module("speaks"),
        "changes the locale, which the whole service uses",
    ),
    "starves": (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))\n" + group_module("starves"),
        "changes the limits of the process (setrlimit), which the whole service uses",
    ),
    "moves": ("import os; os.chdir('/')\n" + group_module("moves"), "changes the working directory, which the whole"),
    "listens": (
        "import signal; signal.signal(signal.SIGTERM, lambda *_: None)\n" + group_module("listens"),
        "changes what SIGTERM does, which the whole service uses",
    ),
    "patches": (
        "import numpy\nnumpy.sum = lambda *_: 7\n" + group_module("patches"),
        "changes numpy.sum, which the whole service uses",
    ),
    "mute": (
        "import logging; logging.disable(50)\n" + group_module("mute"),
        "changes logging.disable, which the whole service uses",
    ),
    "strays": ("import sys; sys.path.clear()\n" + group_module("strays"), "changes sys.path, which the whole service"),
    "finds_nothing": (
        group_module("finds_nothing") + "\nimport sys; sys.meta_path.clear()\n",
        "changes sys.meta_path, which the whole service uses",
    ),
    "opens": ("import os; os.umask(0)\n" + group_module("opens"), "changes the mask of file modes, which the whole"),
    "shallow": (
        "import sys; sys.setrecursionlimit(200)\n" + group_module("shallow"),
        "changes the recursion limit, which the whole service uses",
    ),
    "redirects": (
        "import io, sys; sys.stdout = io.StringIO()\n" + group_module("redirects"),
        "changes sys.stdout, which the whole service uses",
    ),
    "stops_time": (
        "import time; time.time = lambda: 0.0\n" + group_module("stops_time"),
        "changes time.time, which the whole service uses",
    ),
    "rounds": (
        "import decimal; decimal.setcontext(decimal.Context(prec=4, traps=[]))\n" + group_module("rounds"),
        "changes the decimal context, which the whole service uses",
    ),
    "rounds_later": (
        "import decimal; decimal.DefaultContext.traps[decimal.InvalidOperation] = False\n"
        + group_module("rounds_later"),
        "changes the default decimal context, which the whole service uses",
    ),
    "quiet": (
        "import logging; logging.getLogger().setLevel(50)\n" + group_module("quiet"),
        "changes the level of the log, which the whole service uses",
    ),
    "alarms": (
        "import signal; signal.alarm(60)\n" + group_module("alarms"),
        "changes timers, which the whole service uses",
    ),
    "wakes": (
        "import signal; signal.signal(signal.SIGALRM, lambda *_: None)\n" + group_module("wakes"),
        "changes what SIGALRM does, which the whole service uses",
    ),
    "raises": (
        "import numpy; numpy.seterr(all='raise')\n" + group_module("raises"),
        "changes NumPy's handling of errors (seterr), which the whole service uses",
    ),
    "empties": (
        "import os; os.environ.clear()\n" + group_module("empties"),
        "changes the environment variables, which the whole service uses",
    ),
    "judges": (
        JUDGES + group_module("judges"),
        "writes probe results, which plugins must not do",
    ),
    "text": (group_module("text").replace("'text', 1", "'text', '1'"), "its api_version is '1', not a number; write"),
    "later": (group_module("later").replace("'later', 1", "'later', 2"), "was written for API version 2"),
    "infrastructure_too": (
        group_module("infrastructure"),
        "declares group 'infrastructure', "
        f"which plugin 'infrastructure' (egov-scorer {version('egov-scorer')}) already declares",
    ),
    "wells_too": (group_module("wells"), "declares group 'wells', which plugin 'wells' (a-first 1.0) already declares"),
}

PRINTS = """\
import os

print("[", flush=True)
os.system("echo {")
"""

SETS = f"""{HEAD}@hookimpl
def scorer_criteria_sets():
    from pathlib import Path

    return sorted(Path(__file__).parent.glob("*.yaml"))
"""


def loud_and_sets(site: Path, *groups: str) -> None:
    """Installs a plugin that prints, and one with a set for each group."""
    third_party_plugin(site, "loud", PRINTS + group_module("loud", indicator="decibels"))
    third_party_plugin(site, "sets_", SETS)
    for group in groups:
        indicator = "decibels" if group == "loud" else "wells"
        (site / f"{group}-2024.yaml").write_text(document(f"{group}-2024", group, indicator), encoding="utf-8")


def unit(group: str, indicator: str = "wells") -> pb.ScoreUnitRequest:
    answers = pb.UnitAnswers(unit=pb.Unit(id="a", tier="district"), answers={indicator: pb.Answer(number=7)})
    return pb.ScoreUnitRequest(criteria_set=f"{group}-2024", unit_answers=answers)
