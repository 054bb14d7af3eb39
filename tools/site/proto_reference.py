"""The reference page of the contract, made from the comments in proto/egov."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HEAD = """\
# egov.scorer.v1

The gRPC contract: services, messages and enums, with the meaning, unit and range of each field. This page is generated
from the comments in the `.proto` files.
"""

Descriptor = dict[str, Any]
"""A message of google/protobuf/descriptor.proto as JSON; ``buf build`` writes them."""


def page() -> str:
    """Returns the Markdown of all protos below proto/egov."""
    return HEAD + "".join(f"{line}\n" for file in _files() for line in _file(file))


def _files() -> list[Descriptor]:
    buf = str(Path(sys.executable).with_name("buf"))
    build = [buf, "build", "--as-file-descriptor-set", "--output", "-#format=json"]
    done = subprocess.run(build, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return [file for file in json.loads(done.stdout)["file"] if file["name"].startswith("egov/")]


class _Comments:
    """The comments of one file, by path: field numbers of the descriptor and indices, alternating, as in
    SourceCodeInfo.
    """

    SYNTAX, MESSAGES, ENUMS, SERVICES = 12, 4, 5, 6
    PARTS = 2
    """The fields of a message, the values of an enum, the methods of a service."""

    def __init__(self, file: Descriptor) -> None:
        locations = file["sourceCodeInfo"]["location"]
        self._texts = {tuple(location.get("path", ())): location.get("leadingComments", "") for location in locations}

    def text(self, *path: int) -> str:
        """The comment at a path, as one line, so that it fits into a cell of a table."""
        return " ".join(self._texts.get(path, "").split()).replace("|", "\\|")


def _file(file: Descriptor) -> Iterator[str]:
    comments = _Comments(file)
    yield f"\n## {file['name']}\n\n{comments.text(_Comments.SYNTAX)}"
    for number, service in enumerate(file.get("service", ())):
        yield from _service(service, comments, (_Comments.SERVICES, number))
    for number, message in enumerate(file.get("messageType", ())):
        yield from _message(message, comments, (_Comments.MESSAGES, number))
    for number, enum in enumerate(file.get("enumType", ())):
        yield from _enum(enum, comments, (_Comments.ENUMS, number))


def _service(service: Descriptor, comments: _Comments, path: tuple[int, ...]) -> Iterator[str]:
    yield f"\n### {service['name']}\n\n{comments.text(*path)}\n"
    yield "| method | request | response | meaning |\n|---|---|---|---|"
    for number, method in enumerate(service["method"]):
        types = f"{_link(method['inputType'])} | {_link(method['outputType'])}"
        yield f"| `{method['name']}` | {types} | {comments.text(*path, _Comments.PARTS, number)} |"


def _message(message: Descriptor, comments: _Comments, path: tuple[int, ...]) -> Iterator[str]:
    yield f"\n### {message['name']}\n\n{comments.text(*path)}"
    fields = message.get("field", ())
    if fields:
        yield "\n| field | number | type | meaning |\n|---|---|---|---|"
    for number, field in enumerate(fields):
        meaning = comments.text(*path, _Comments.PARTS, number)
        if "oneofIndex" in field and not field.get("proto3Optional"):
            meaning = f"One of `{message['oneofDecl'][field['oneofIndex']]['name']}`. {meaning}"
        yield f"| `{field['name']}` | {field['number']} | {_type(field, message)} | {meaning} |"


def _enum(enum: Descriptor, comments: _Comments, path: tuple[int, ...]) -> Iterator[str]:
    yield f"\n### {enum['name']}\n\n{comments.text(*path)}\n\n| value | number | meaning |\n|---|---|---|"
    for number, value in enumerate(enum["value"]):
        meaning = comments.text(*path, _Comments.PARTS, number)
        yield f"| `{value['name']}` | {value.get('number', 0)} | {meaning} |"


def _type(field: Descriptor, message: Descriptor) -> str:
    """The type as a proto file writes it; messages and enums of the contract are links."""
    for inner in message.get("nestedType", ()):
        if field.get("typeName", "").endswith(f".{message['name']}.{inner['name']}"):  # the entries of a map
            key, value = inner["field"]
            return f"map of {_type(key, inner)} to {_type(value, inner)}"
    text = _link(field["typeName"]) if "typeName" in field else f"`{field['type'].removeprefix('TYPE_').lower()}`"
    if field["label"] == "LABEL_REPEATED":
        return f"repeated {text}"
    return f"optional {text}" if field.get("proto3Optional") else text


def _link(type_name: str) -> str:
    name = type_name.rpartition(".")[2]
    return f"[{name}](#{name.lower()})" if type_name.startswith(".egov.") else f"`{type_name.removeprefix('.')}`"
