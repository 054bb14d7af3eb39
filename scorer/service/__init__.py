"""The gRPC service: the only place, beside clients, that knows protobuf."""
