"""Collects the pages of the site: those of docs/, those from other folders, and the page of the contract.

Pages are written with links that work in the repository, such as ``../clients/python``. On the site such a link leads
to the page of that file, or to a copy of the file where it has no page.
"""

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from proto_reference import page as proto_page

ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "benchmarks/README.md": "benchmarks.md",
    "benchmarks/results.md": "benchmark-results.md",
    "clients/node/README.md": "clients/node.md",
    "clients/python/README.md": "clients/python.md",
    "clients/vectors/README.md": "clients/vectors.md",
}
"""Pages from outside docs/: the file in the repository, and the page on the site."""
PROTO, PROTO_PAGE = "proto/egov/scorer/v1", "api/proto.md"
COPIES = "files"
"""Folder of the site with copies of files that pages link to and that are not pages themselves."""

_CODE_OR_LINK = re.compile(
    r"^```.*?^```$|\[(?P<words>[^\]]*)\]\((?!\w+:|#)(?P<path>[^)#\s]+)(?P<anchor>#[^)]*)?\)", re.MULTILINE | re.DOTALL
)


def collect(directory: Path) -> None:
    """Writes all pages, and the files that they link to, into a directory that does not exist yet."""
    shutil.copytree(ROOT / "docs", directory)
    sources = {f"docs/{path.relative_to(directory).as_posix()}": path for path in directory.rglob("*.md")}
    sources |= {source: directory / page for source, page in OUTSIDE.items()}
    for source, page in sources.items():
        page.parent.mkdir(parents=True, exist_ok=True)
        text = (ROOT / source).read_text(encoding="utf-8")
        for path in _linked(text, source):
            copy = directory / _on_site(path)
            if (ROOT / path).is_file() and copy.suffix != ".md":
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / path, copy)
        page.write_text(with_links_of_the_site(text, source), encoding="utf-8")
    (directory / PROTO_PAGE).write_text(proto_page(), encoding="utf-8")


def with_links_of_the_site(text: str, source: str) -> str:
    """Replaces the links of a page by links between pages of the site. ``source`` is the file of the page."""
    start = PurePosixPath(_on_site(source)).parent

    def replace(match: re.Match[str]) -> str:
        if not match["path"]:
            return match[0]
        page = _on_site(_in_repository(match["path"], source))
        if (ROOT / _in_repository(match["path"], source)).is_dir() and page.startswith(COPIES):
            return match["words"]  # the target is a folder without a page
        return f"[{match['words']}]({os.path.relpath(page, start)}{match['anchor'] or ''})"

    return _CODE_OR_LINK.sub(replace, text)


def _linked(text: str, source: str) -> Iterator[str]:
    """Yields the files and folders of the repository that a page links to."""
    for match in _CODE_OR_LINK.finditer(text):
        if match["path"]:
            yield _in_repository(match["path"], source)


def _in_repository(path: str, source: str) -> str:
    """The path of a link's target, relative to the root of the repository. ``source`` is the file with the link."""
    return os.path.normpath(PurePosixPath(source).parent / path)


def _on_site(path: str) -> str:
    """The page or file of the site that shows a file or folder of the repository."""
    candidates: Sequence[str] = (path, f"{path}/README.md")
    for candidate in candidates:
        if candidate in OUTSIDE:
            return OUTSIDE[candidate]
    if path.startswith(PROTO):
        return PROTO_PAGE
    if path.startswith("docs/") and (ROOT / path).is_file():
        return path.removeprefix("docs/")
    return f"{COPIES}/{path}"
