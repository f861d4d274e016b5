"""The clusters of a notebook on Kubernetes: listed, ended, and never left behind."""
