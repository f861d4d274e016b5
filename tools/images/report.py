"""Tells how large an image is and what differs from the one it stands on."""

from collections.abc import Mapping

from tools.images.builder import Image
from tools.lock import changes

SHOWN = 40  # lines; an environment of hundreds of packages is summed up


def describe(image: Image) -> str:
    """Return one line on size and number of components."""
    kinds = [purl.split("/")[0].removeprefix("pkg:") for purl in image.components]
    return (
        f"{image.name}: {image.size / 1e9:.2f} GB unpacked,"
        f" {kinds.count('pypi')} Python and {kinds.count('deb')} Debian packages"
    )


def difference(image: Image, base: Image) -> str:
    """Return what `image` has beside `base`: a line a package, and the size."""
    lines = sorted(compare(base.components, image.components))
    grown = (image.size - base.size) / 1e6
    head = f"beside {base.name}: {grown:+.0f} MB, {len(lines)} packages"
    rest = [f"  … and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return "\n".join([head, *lines[:SHOWN], *rest])


def compare(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Return a line for each component that came, went or changed."""
    return [f"  {line.removeprefix('pkg:')}" for line in changes(before, after)]
