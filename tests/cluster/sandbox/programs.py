"""Builds the cluster's programs from locked Go modules, once for all checkouts.

``../programs/<module>/go.mod`` is the one place for their versions. A module's
programs are what its ``tool`` lines name, or its own ``main.go``.
"""

import hashlib
import re
import shutil
import tempfile
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.layout import FOLDER
from tools.images.buildah import cache_folder
from tools.shell import progress, run

MODULES = FOLDER / "programs"
CILIUM = "github.com/cilium/cilium"
RENAMED = {"daemon": "cilium-agent"}
FLAGS = ("-mod=readonly", "-trimpath", "-buildvcs=false")


def locked_version(module: str, path: str) -> str:
    """Return the version of the Go module `path` that `module` is locked to."""
    text = (MODULES / module / "go.mod").read_text()
    found = re.search(rf"^(?:require )?\s*{re.escape(path)} (v\S+)", text, re.MULTILINE)
    if not found:
        raise SandboxError(f"programs/{module}/go.mod does not require {path}")
    return found[1]


def kubernetes_version() -> str:
    """Return Kubernetes' version, with its v."""
    return locked_version("kubernetes", "k8s.io/kubernetes")


def build_programs() -> list[Path]:
    """Build what is not in the cache yet and return one folder for each module."""
    return [_ensure(source) for source in sorted(MODULES.iterdir())]


def _ensure(source: Path) -> Path:
    target = cache_folder() / "programs" / f"{source.name}-{_key(source)}"
    if not target.exists():
        with progress(f"building {source.name}"):
            _build(source, target)
    return target


def _key(source: Path) -> str:
    digest = hashlib.sha256("\n".join([*FLAGS, _link_flags()]).encode())
    for file in sorted(path for path in source.rglob("*") if path.is_file()):
        digest.update(f"{file.relative_to(source)}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def _link_flags() -> str:
    cilium = locked_version("cilium", CILIUM).removeprefix("v")
    return (
        f"-s -w -X k8s.io/component-base/version.gitVersion={kubernetes_version()}"
        f" -X {CILIUM}/pkg/version.ciliumVersion={cilium}"
    )


def _build(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".building-", dir=target.parent))
    try:
        what = "." if (source / "main.go").exists() else "tool"
        go = ("go", "build", "-C", source, *FLAGS, f"-ldflags={_link_flags()}")
        run(*go, "-o", f"{work}/", what, env={"CGO_ENABLED": "0", "GOWORK": "off"})
        for built, name in RENAMED.items():
            if (work / built).exists():
                (work / built).rename(work / name)
        if source.name == "cilium":
            _copy_cilium_data(source, work)
        work.chmod(0o755)
        work.rename(target)
    except OSError:
        # Another checkout was first; its result is the same.
        if not target.exists():
            raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _copy_cilium_data(source: Path, target: Path) -> None:
    """Copy the agent's BPF templates and CRDs out of Go's read-only module cache."""
    module = Path(run("go", "list", "-C", source, "-m", "-f", "{{.Dir}}", CILIUM).strip())
    crds = "pkg/k8s/apis/cilium.io/client/crds"
    for folder, name in (("bpf", "bpf"), (crds, "crds")):
        copy = ("cp", "-r", "--no-preserve=mode,ownership")
        run(*copy, module / folder, target / f"cilium-{name}")
