"""The gRPC service. Of all packages of the scorer, only this one uses gRPC and protobuf."""
