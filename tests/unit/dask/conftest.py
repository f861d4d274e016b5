"""A catalogue of two tables written by the test itself."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from astroflow_core.catalogue import Catalogue

CATALOGUE = """
title: Gaia
default_database: gaia
databases: [{{name: gaia, release: gaia_dr3_sample, path: ., layout: {{kind: {layout}}}}}]
"""
FOLDERS = {
    "source_id_order": {
        "gaia_source": "GDR3_GAIA_SOURCE",
        "galactic_coordinates": "GDR3_GALACTIC_COORDINATES",
    },
    "hash_buckets": {
        "gaia_source": "GDR3_GAIASOURCE",
        "galactic_coordinates": "GDR3_GALACTIC_COORDINATES",
    },
}
MakeCatalogue = Callable[..., Catalogue]


def rows_of(columns: Sequence[str], ids: Sequence[int]) -> pa.Table:
    values = {name: np.arange(len(ids), dtype=float) for name in columns}
    return pa.table({"source_id": pa.array(ids, pa.int64()), **values})


@pytest.fixture
def make_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeCatalogue:
    """Return how to write a catalogue from the ids of each file, and make it the session's."""

    def make(layout: str = "source_id_order", **files: Sequence[Sequence[int]]) -> Catalogue:
        (tmp_path / "catalogue.yaml").write_text(CATALOGUE.format(layout=layout), "utf-8")
        for table, parts in files.items():
            folder = tmp_path / FOLDERS[layout][table]
            folder.mkdir()
            for index, ids in enumerate(parts):
                pq.write_table(rows_of(["l", "b"], ids), folder / f"{index}.parquet")
        monkeypatch.setenv("ASTROFLOW_CATALOGUES", f'["{tmp_path}"]')
        return Catalogue.open(tmp_path)

    return make
