"""Builds images, checks them and brings them where pods can pull them."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sandbox import preflight
from sandbox.layout import REGISTRY, REPOSITORY, Cluster
from sandbox.processes import enter_network, find_init, kubectl
from tools.images.buildah import Buildah, cache_folder
from tools.images.builder import Image, build_image
from tools.images.recipe import FOUNDATIONS, Recipe, recipe_names
from tools.images.report import describe, difference
from tools.keycloak.distribution import distribution
from tools.shell import progress, say

TAG = "dev"
BILLS = REPOSITORY / "dist" / "images"


def make_images(cluster: Cluster, names: Sequence[str]) -> None:
    """Build, check and publish the images called `names`, or all.

    Raises
    ------
    ToolError
        When one cannot be built, or does not pass its own checks.
    """
    preflight.check_root()
    preflight.check_packages(preflight.IMAGE_PACKAGES)
    for name in names or recipe_names():
        image = build_image(name)
        _check(image)
        _report(image)
        _publish(cluster, image)


def make_keycloak(cluster: Cluster) -> None:
    """Publish what stands in for Keycloak's own image: its distribution, on an image with Java.

    Raises
    ------
    ToolError
        When it cannot be had.
    """
    with progress("adding Keycloak to the image astroflow"):
        recipe = f"FROM {build_image('astroflow').id}\nCOPY --chown=1000:1000 . /opt/keycloak\n"
        with tempfile.TemporaryDirectory() as folder:
            containerfile = Path(folder) / "Containerfile"
            containerfile.write_text(recipe)
            image = Image("keycloak", Buildah().build(distribution(), containerfile))
    _publish(cluster, image)


def _check(image: Image) -> None:
    """Verify a new image, once for all checkouts.

    One that was checked is left alone until anything but our own code changes in it:
    the code has its tests, and should be in a pod within seconds.
    """
    stamp = cache_folder() / "verified" / f"{image.name}-{Recipe(image.name).ingredients()}"
    if stamp.exists():
        return
    with progress(f"checking the image {image.name}"):
        say(f"the checks of {image.name}:\n{image.verify().rstrip()}")
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.touch()


def _report(image: Image) -> None:
    """Write and tell what is in an image, unless this checkout knows it."""
    bill = BILLS / f"{image.name}.cdx.json"
    stamp, ingredients = bill.with_suffix(".ingredients"), Recipe(image.name).ingredients()
    if stamp.exists() and stamp.read_text() == ingredients:
        return
    BILLS.mkdir(parents=True, exist_ok=True)
    bill.write_text(image.inventory)
    say(describe(image))
    if image.name not in FOUNDATIONS:
        say(difference(image, build_image("astroflow")))
    stamp.write_text(ingredients)


def _publish(cluster: Cluster, image: Image) -> None:
    """Push to the registry that ASTROFLOW_REGISTRY names, or to our own cluster's."""
    chosen = os.environ.get("ASTROFLOW_REGISTRY")
    if chosen:
        with progress(f"pushing to {chosen}/{image.name}:{TAG}"):
            Buildah().push(image.id, f"{chosen}/{image.name}:{TAG}")
    elif find_init(cluster):
        with progress(f"pushing {image.name}:{TAG}"):
            pusher = Buildah(enter_network(cluster))
            pusher.push(image.id, f"{REGISTRY}/{image.name}:{TAG}")
        _retry_pulls(cluster)
    else:
        say(f"built {image.id}; no cluster is up and ASTROFLOW_REGISTRY is not set")


def _retry_pulls(cluster: Cluster) -> None:
    """Replace the pods that waited for an image: the kubelet would wait for minutes."""
    pending = ("delete", "pod", "--field-selector=status.phase=Pending", "--wait=false")
    kubectl(cluster, *pending, "--namespace=dask-operator")
