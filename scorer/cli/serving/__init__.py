"""The processes of ``scorer serve``: the service, its workers and their supervisor."""
