"""Checks of the built site: every link leads somewhere, and nothing is loaded from another host."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_CSS_ADDRESS = re.compile(r"url\(\s*[\"']?([^\"')]+)|@import\s+[\"']([^\"']+)")
_LOADED = {"src", "poster", "data", "xlink:href"}
_LOADING_SCRIPTS = {"glightbox", "mermaid", "pyodide"}
"""Classes of elements for which the theme loads a script from another host."""
_FETCHED_LINKS = {"stylesheet", "icon", "preload", "preconnect", "dns-prefetch", "modulepreload", "manifest"}


@dataclass
class Document(HTMLParser):
    """The addresses that one page or picture refers to."""

    text: str
    loads: list[str] = field(default_factory=list)
    """Addresses that a browser loads by itself, without a click."""
    links: list[str] = field(default_factory=list)
    """Addresses that a reader may follow."""
    anchors: set[str] = field(default_factory=set)
    scripts: set[str] = field(default_factory=set)
    """The classes on this page for which the theme would load a script from another host."""

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Called by HTMLParser."""
        values = {name: value or "" for name, value in attributes}
        self.loads += [values[name] for name in _LOADED & values.keys()]
        self.loads += [candidate.split()[0] for candidate in values.get("srcset", "").split(",") if candidate.strip()]
        self.loads += css_addresses(values.get("style", ""))
        self.scripts |= _LOADING_SCRIPTS & set(values.get("class", "").split())
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        elif "href" in values and (tag in ("image", "use") or _FETCHED_LINKS & set(values.get("rel", "").split())):
            self.loads.append(values["href"])

    def handle_data(self, data: str) -> None:
        """Called by HTMLParser, also with the content of style elements."""
        if (
            self.cdata_elem == "style" or "@font-face" in data
        ):  # HTMLParser does not treat the style elements of an SVG specially
            self.loads += css_addresses(data)


def css_addresses(text: str) -> list[str]:
    """Addresses that a style sheet loads."""
    return [first or second for first, second in _CSS_ADDRESS.findall(text)]


def problems(site: Path) -> Iterator[str]:
    """Yields the problems of a built site, one line per problem."""
    pages = {path: Document(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    pictures = {path: Document(path.read_text(encoding="utf-8")) for path in site.rglob("*.svg")}
    sheets = {path: css_addresses(path.read_text(encoding="utf-8")) for path in site.rglob("*.css")}
    loads = {path: document.loads for path, document in (pages | pictures).items()} | sheets
    for path, addresses in loads.items():
        yield from (f"{path.relative_to(site)} loads {address}" for address in addresses if _is_elsewhere(address))
    for path, document in pages.items():
        yield from (f"{path.relative_to(site)} loads a script for {name}" for name in sorted(document.scripts))
        if path.name != "404.html":  # served for any address, so its links start at the root
            yield from (f"{path.relative_to(site)}: {broken}" for broken in _broken_links(path, document, pages))
    if not json.loads((site / "search.json").read_text(encoding="utf-8"))["items"]:
        yield "search.json: the search index is empty"


def _is_elsewhere(address: str) -> bool:
    return bool(urlsplit(address.strip()).netloc)


def _broken_links(path: Path, document: Document, pages: dict[Path, Document]) -> Iterator[str]:
    for address in document.links + document.loads:
        parts = urlsplit(address)
        if parts.scheme or parts.netloc or (address in document.loads and not parts.path):  # url(#gradient)
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if target.is_dir():
            target /= "index.html"
        if not target.exists():
            yield f"{address} leads nowhere"
        elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
            yield f"{address}: the page has no such heading"
