"""Packages know the core and nobody else, and each lives without the others' dependencies."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CORE = "astroflow_core"
SIBLINGS = ["astroflow_data", "astroflow_hub", "astroflow_spark_gaia", "astroflow_dask_gaia"]
SOURCES = [
    pytest.param(package, source, id=str(source.relative_to(ROOT)))
    for package in [CORE, *SIBLINGS]
    for source in sorted((ROOT / package).rglob("*.py"))
]

BLOCK = "import sys; sys.modules.update(dict.fromkeys(sys.argv[1].split()))"  # None refuses
IMPORT_PACKAGE = """
import importlib
importlib.import_module(sys.argv[2])
"""
IMPORT_MODULES = """
import importlib, pkgutil
path = importlib.import_module(sys.argv[2]).__path__
for module in pkgutil.walk_packages(path, sys.argv[2] + "."):
    if module.name not in sys.argv[3:]:
        importlib.import_module(module.name)
"""


def errors_without(blocked: str, code: str, *arguments: str) -> str:
    """Return what a new Python that cannot import ``blocked`` says when it runs ``code``."""
    command = [sys.executable, "-c", BLOCK + code, blocked, *arguments]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    return done.stderr


def modules_imported_by(source: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(source.read_text(encoding="utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    sources = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    return plain | sources


@pytest.mark.parametrize(("package", "source"), SOURCES)
def test_a_package_imports_itself_and_the_core_only(package: str, source: Path) -> None:
    ours = {name.split(".")[0] for name in modules_imported_by(source)} & {CORE, *SIBLINGS}
    assert ours <= {package, CORE}


@pytest.mark.parametrize("source", sorted((ROOT / CORE).glob("*.py")), ids=lambda path: path.name)
def test_the_core_needs_no_engine_and_no_hub(source: Path) -> None:
    found = {name.split(".")[0] for name in modules_imported_by(source)}
    assert not found & {"pyspark", "dask", "distributed", "jupyterhub", "healpy"}


def test_what_is_blocked_is_not_imported() -> None:
    assert "import of pyarrow halted" in errors_without("pyarrow", "\nimport pyarrow")


@pytest.mark.parametrize("package", [CORE, *SIBLINGS])
def test_a_package_alone_needs_no_heavy_dependency(package: str) -> None:
    heavy = "pyspark dask distributed jupyterhub kubespawner healpy astropy duckdb polars"
    assert errors_without(heavy, IMPORT_PACKAGE, package) == ""


@pytest.mark.parametrize(
    ("package", "blocked"),
    [
        ("astroflow_data", "pyspark dask distributed jupyterhub kubespawner"),
        ("astroflow_hub", "pyspark dask distributed healpy"),
        ("astroflow_spark_gaia", "dask distributed jupyterhub kubespawner"),
        ("astroflow_dask_gaia", "pyspark jupyterhub kubespawner"),
    ],
)
def test_every_module_imports_without_what_the_others_need(package: str, blocked: str) -> None:
    assert errors_without(blocked, IMPORT_MODULES, package) == ""


def test_the_core_imports_without_anything_heavy_but_for_the_modules_on_parquet() -> None:
    heavy = "pyarrow pandas pyspark dask distributed jupyterhub healpy astropy mocpy duckdb"
    names = "alignment buckets cost counts footers index maps own_tables pairs random_rows search"
    on_parquet = [f"{CORE}.{name}" for name in names.split()]
    assert errors_without(heavy, IMPORT_MODULES, CORE, *on_parquet) == ""
