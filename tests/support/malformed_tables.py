"""Arrow streams that are malformed, damaged or expand to much more."""

from __future__ import annotations

from typing import Any

import flatbuffers
import numpy as np
import pyarrow as pa
from arrow_tables import stream

MIB = 2**20
END = b"\xff\xff\xff\xff" + bytes(4)
"""The end of a stream."""


def units(count: int, **columns: Any) -> pa.Table:
    return pa.table({"id": [f"u{n:06}" for n in range(count)], **columns})


def many_batches(rows: int, batches: int) -> bytes:
    sink = pa.BufferOutputStream()
    table = units(rows)
    with pa.ipc.new_stream(sink, table.schema) as writer:
        for at in range(batches):
            writer.write_table(table.slice(at * rows // batches, (at + 1) * rows // batches - at * rows // batches))
    return sink.getvalue().to_pybytes()


def schema_only() -> bytes:
    sink = pa.BufferOutputStream()
    pa.ipc.new_stream(sink, units(1).schema).close()
    return sink.getvalue().to_pybytes()


def texts(*values: bytes) -> pa.Array:
    """Texts that are not checked for being UTF-8."""
    return pa.array(values, pa.binary()).view(pa.string())


def views(count: int, size: int) -> pa.Array:
    """Views that all show the same long text."""
    one = pa.array(["x" * size], pa.string_view())
    return pa.Array.from_buffers(pa.string_view(), count, [None, pa.py_buffer(bytes(one.buffers()[1]) * count),
                                                           *one.buffers()[2:]])  # fmt: skip


def wild_null_views(*values: str | None) -> pa.Array:
    """Views of which those of nulls point outside the texts. The format allows this, and validation does not see it."""
    good = pa.array(values, pa.string_view())
    validity, memory, *texts = good.buffers()
    pointers = np.frombuffer(memory, np.int32).reshape(-1, 4).copy()
    pointers[good.is_null().to_numpy(zero_copy_only=False)] = [[-(2**24), 2**31 - 1, 2**30, 2**30]]
    texts = [text for text in texts if text is not None]
    return pa.Array.from_buffers(pa.string_view(), len(values), [validity, pa.py_buffer(pointers), *texts])


def deep(levels: int) -> pa.DataType:
    kind = pa.int8()
    for _ in range(levels):
        kind = pa.list_(kind)
    return kind


def dictionary(indices: list[int], values: pa.Array) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(indices, pa.int32()), values, safe=False)


def overlapping_lists(count: int, length: int, text: str = "INF.02") -> pa.Array:
    values = pa.array([text] * length)
    return pa.ListViewArray.from_arrays(
        pa.array([0] * count, pa.int32()), pa.array([length] * count, pa.int32()), values
    )


def long_text_in_every_batch() -> bytes:
    """Two thousand times a text of 1 MiB that the stream has once: 100 MiB in each batch."""
    ids = [f"u{n:06}" for n in range(2_000)]
    whole = pa.table({"id": ids, "name": dictionary([0] * 2_000, pa.array(["x" * MIB]))})
    return batches([whole.slice(first, 100) for first in range(0, 2_000, 100)])


def dictionary_that_grows(names: int, count: int) -> bytes:
    """One row per batch, and before each a dictionary batch that adds one name."""
    known = [f"{n:08}" for n in range(names)]
    tables = [
        units(1, name=dictionary([0], pa.array([*known, *(f"more{n}" for n in range(more))]))) for more in range(count)
    ]
    return batches([table.set_column(0, "id", [[f"u{n}"]]) for n, table in enumerate(tables)], deltas=True)


def batches(tables: list[pa.Table], *, deltas: bool = False) -> bytes:
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(emit_dictionary_deltas=deltas)
    with pa.ipc.new_stream(sink, tables[0].schema, options=options) as writer:
        for table in tables:
            writer.write_table(table)
    return sink.getvalue().to_pybytes()


def compressed_as_by_arrow_0_17(rows: int) -> bytes:
    """Zeros; the record batch names its compression in the message's metadata instead of in its header."""
    table = pa.table({"x": pa.array([0.0] * rows)})
    schema, batch = pa.ipc.MessageReader.open_stream(
        stream(table, compression="zstd", metadata_version=pa.ipc.MetadataVersion.V4)
    )
    return b"".join((schema.serialize().to_pybytes(), _old_batch(rows, batch.body.to_pybytes()), END))


def _old_batch(rows: int, body: bytes) -> bytes:
    builder = flatbuffers.Builder(1024)
    key, value = builder.CreateString("ARROW:experimental_compression"), builder.CreateString("ZSTD")
    pair = _flat_table(builder, 2, (0, "UOffsetTRelative", key), (1, "UOffsetTRelative", value))
    builder.StartVector(4, 1, 4)
    builder.PrependUOffsetTRelative(pair)
    metadata = builder.EndVector()
    nodes = _structs(builder, (rows, 0))
    buffers = _structs(builder, (0, 0), (0, len(body)))
    header = _flat_table(
        builder, 5, (0, "Int64", rows), (1, "UOffsetTRelative", nodes), (2, "UOffsetTRelative", buffers)
    )
    message = _flat_table(
        builder, 5, (0, "Int16", 3), (1, "Uint8", 3), (2, "UOffsetTRelative", header), (3, "Int64", len(body)),
        (4, "UOffsetTRelative", metadata),
    )  # fmt: skip
    builder.Finish(message)
    flat = bytes(builder.Output())
    flat += bytes(-len(flat) % 8)
    return b"\xff\xff\xff\xff" + len(flat).to_bytes(4, "little") + flat + body


def _flat_table(builder: flatbuffers.Builder, slots: int, *fields: tuple[int, str, int]) -> int:
    builder.StartObject(slots)
    for slot, kind, value in fields:
        getattr(builder, f"Prepend{kind}Slot")(slot, value, 0)
    return int(builder.EndObject())


def _structs(builder: flatbuffers.Builder, *pairs: tuple[int, int]) -> int:
    builder.StartVector(16, len(pairs), 8)
    for first, second in reversed(pairs):
        builder.Prep(8, 16)
        builder.PrependInt64(second)
        builder.PrependInt64(first)
    return int(builder.EndVector())


def big_endian() -> bytes:
    """A schema without columns of a machine whose bytes stand in the other order."""
    builder = flatbuffers.Builder(1024)
    builder.StartVector(4, 0, 4)
    fields = builder.EndVector()
    schema = _flat_table(builder, 2, (0, "Int16", 1), (1, "UOffsetTRelative", fields))
    builder.Finish(_flat_table(builder, 4, (0, "Int16", 4), (1, "Uint8", 1), (2, "UOffsetTRelative", schema)))
    flat = bytes(builder.Output())
    flat += bytes(-len(flat) % 8)
    return b"\xff\xff\xff\xff" + len(flat).to_bytes(4, "little") + flat + END


def file_format() -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, units(3).schema) as writer:
        writer.write_table(units(3))
    return sink.getvalue().to_pybytes()


def renamed(table: pa.Table, old: bytes, new: bytes) -> bytes:
    data = stream(table)
    assert data.count(old) == 1
    return data.replace(old, new)


def border_of_batches(data: bytes) -> int:
    """The position after the first record batch of a stream."""
    source = pa.BufferReader(data)
    messages = pa.ipc.MessageReader.open_stream(source)
    while messages.read_next_message().type != "record batch":
        pass
    return source.tell()


def cut(rows: int, batches: int, more: int = 0) -> bytes:
    """A stream that ends ``more`` bytes after its first batch."""
    data = many_batches(rows, batches)
    return data[: border_of_batches(data) + more]


def cut_after_an_end_mark() -> bytes:
    """A stream without an end, whose last batch has numbers that look like an end."""
    data = stream(units(2, infrastructure_awarded=pa.array([-1, 0], pa.int32())))
    data = data.removesuffix(END)
    assert data.endswith(END)
    return data
