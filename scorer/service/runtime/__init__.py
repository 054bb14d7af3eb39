"""The settings and the process: configuration, TLS, gRPC server and tuning."""
