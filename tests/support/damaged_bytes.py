"""Messages with damaged bytes."""

from __future__ import annotations

from google.protobuf.message import Message
from hypothesis import strategies as st


@st.composite
def damaged(draw: st.DrawFn, messages: st.SearchStrategy[Message]) -> bytes:
    """The bytes of a message, some of which are removed, inserted or changed at up to three places."""
    data = bytearray(draw(messages).SerializeToString())
    for _ in range(draw(st.integers(1, 3))):
        at, gone = draw(st.integers(0, len(data))), draw(st.integers(0, 3))
        data[at : at + gone] = draw(st.binary(max_size=3))
    return bytes(data)
