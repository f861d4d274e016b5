"""What a person is given on Kubernetes: pure builders of the objects, and what applies them."""
