"""What Kubernetes tells of pods, as a person reads it: for the hub and for notebooks."""
