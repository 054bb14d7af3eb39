"""Builds the documentation site, with warnings as errors, and checks that its links work and that it loads nothing from
other hosts.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from site_checks import problems
from site_pages import ROOT, collect


def build(site: Path) -> bool:
    """Writes the site into a directory, which is replaced. Returns False if the generator has printed a warning."""
    shutil.rmtree(site, ignore_errors=True)
    with tempfile.TemporaryDirectory() as temporary:
        project = Path(temporary)
        shutil.copyfile(ROOT / "zensical.toml", project / "zensical.toml")
        for folder in ("scorer", "clients"):  # the API pages are made from this code
            (project / folder).symlink_to(ROOT / folder)
        collect(project / "docs")
        done = subprocess.run([sys.executable, "-m", "zensical", "build", "--strict"], cwd=project)
        if done.returncode == 0:
            shutil.copytree(project / "site", site)
        return done.returncode == 0


def main() -> int:
    """Builds and checks the site. The exit code is 1 if there was a warning or a check failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site", nargs="?", type=Path, default=ROOT / "site", help="directory to write, replaced")
    site = parser.parse_args().site.resolve()
    if not build(site):
        return 1
    errors = list(problems(site))
    for problem in errors:
        print(problem)
    print(f"{site}: {len(list(site.rglob('*.html')))} pages, {len(errors)} problems")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
