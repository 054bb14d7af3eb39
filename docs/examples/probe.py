"""Asks a server for its health: python probe.py HOST:PORT [AUTHORITY.pem]

Exits with 0 if the server says SERVING within five seconds, otherwise with 1.
"""

import sys
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

address, authority = sys.argv[1], sys.argv[2:]
if authority:
    channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(Path(authority[0]).read_bytes()))
else:
    channel = grpc.insecure_channel(address)
try:
    reply = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=5)
except grpc.RpcError as error:
    sys.exit(f"{error.code().name}: {error.details()}")
print(health_pb2.HealthCheckResponse.ServingStatus.Name(reply.status))
sys.exit(reply.status != health_pb2.HealthCheckResponse.SERVING)
