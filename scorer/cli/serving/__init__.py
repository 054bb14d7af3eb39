"""What ``scorer serve`` runs."""
