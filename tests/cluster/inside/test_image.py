import json
import re

import pytest

from inside.kube import Kube

# Files of the build machine that must not be in the image.
FOREIGN = """
import os
found = [
    os.path.join(folder, name)
    for top in ("/run/build", "/root", "/var/cache/apt/archives", "/opt/astroflow/pip")
    for folder, _, names in os.walk(top)
    for name in names
    if not name.startswith((".bashrc", ".profile", "lock"))
]
print(found)
"""


@pytest.mark.timeout(900)  # Spark and Dask each run a job in it
def test_image_passes_its_own_checks_in_a_pod_with_a_read_only_root(kube: Kube) -> None:
    kube.create(kube.pod("verify", "verify", restartPolicy="Never"))
    kube.wait("pod/verify", "jsonpath={.status.phase}=Succeeded", 600)
    report = kube("logs", "verify")
    assert re.findall(r"^ok +(\w+):", report, re.MULTILINE) == [
        *("imports", "requirements", "parity"),
        *("spark", "dask"),
    ]


def test_image_tells_what_is_in_it_and_carries_nothing_of_the_build_machine(kube: Kube) -> None:
    kube.start(kube.pod("look"))
    bill = json.loads(kube("exec", "look", "--", "cat", "/opt/astroflow/sbom.json"))
    purls = {component["purl"].rpartition("@")[0] for component in bill["components"]}
    assert {"pkg:pypi/pyspark", "pkg:pypi/astroflow-hub", "pkg:deb/debian/tini"} <= purls
    assert kube.python("look", FOREIGN) == "[]"
