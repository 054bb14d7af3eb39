"""Writes descriptors of the messages for Envoy: those of the contract, and those of error details.

python descriptors.py scorer.binpb
"""

import sys
from pathlib import Path

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.rpc import error_details_pb2, status_pb2

from egov.scorer.v1 import criteria_pb2, scorer_pb2

files: dict[str, FileDescriptor] = {}


def add(file: FileDescriptor) -> None:
    """Adds a file after the files that it imports."""
    for imported in file.dependencies:
        add(imported)
    files.setdefault(file.name, file)


for module in (scorer_pb2, criteria_pb2, status_pb2, error_details_pb2):
    add(module.DESCRIPTOR)
descriptors = FileDescriptorSet()
for file in files.values():
    file.CopyToProto(descriptors.file.add())
Path(sys.argv[1]).write_bytes(descriptors.SerializeToString(deterministic=True))
