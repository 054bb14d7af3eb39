"""Builds the documentation site, with warnings as errors, and checks its links and that it asks no other host."""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from site_checks import problems
from site_pages import ROOT, collect


def build(site: Path) -> bool:
    """Write the site into a directory, which is replaced; return False after a warning, which the generator prints."""
    shutil.rmtree(site, ignore_errors=True)
    with tempfile.TemporaryDirectory() as temporary:
        project = Path(temporary)
        shutil.copyfile(ROOT / "zensical.toml", project / "zensical.toml")
        for folder in ("scorer", "clients"):  # whose code the API pages are made from
            (project / folder).symlink_to(ROOT / folder)
        collect(project / "docs")
        done = subprocess.run([sys.executable, "-m", "zensical", "build", "--strict"], cwd=project)
        if done.returncode == 0:
            shutil.copytree(project / "site", site)
        return done.returncode == 0


def main() -> int:
    """Build and check the site; the exit code is 1 if anything is wrong with it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site", nargs="?", type=Path, default=ROOT / "site", help="directory to write, replaced")
    site = parser.parse_args().site.resolve()
    if not build(site):
        return 1
    found = list(problems(site))
    for problem in found:
        print(problem)
    print(f"{site}: {len(list(site.rglob('*.html')))} pages, {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
