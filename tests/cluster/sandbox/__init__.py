"""A two-node Kubernetes in namespaces of its own, made from packages alone.

``python -m sandbox up`` starts it, ``down`` removes every trace of it. The
world is one tree of namespaces without an uplink; each node is a tree of its
own inside it, so that killing one pid loses one node, and killing the world's
pid ends everything.
"""
