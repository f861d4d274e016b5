"""Rows in Spark's buckets: by the hash of the key, in order of it, under names Spark knows."""

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from astroflow_core.buckets import bucket_of
from astroflow_core.release import Release
from astroflow_data.hash_buckets import file_name, spill, split

KEYS = np.sort(np.random.default_rng(1).integers(0, 12 << 59, 1000))
# Spark's own pattern: org.apache.spark.sql.execution.datasources.BucketingUtils.
SPARK_BUCKET = re.compile(r".*_(\d+)(?:\..*)?$")


def test_the_bucket_is_the_hash_modulo_their_number_never_negative() -> None:
    # Spark: SELECT pmod(hash(0L), 8), pmod(hash(42L), 8), pmod(hash(4472832130942575872L), 8)
    keys = pa.array([0, 42, 4472832130942575872])
    assert bucket_of(keys, 8).tolist() == [-1670924195 % 8, 1316951768 % 8, 605957880 % 8]


@pytest.mark.parametrize("buckets", [1, 7, 2048])
def test_every_row_is_in_one_bucket_and_in_order(buckets: int) -> None:
    parts = split(pa.array(KEYS), buckets)
    assert len(parts) == buckets
    assert sorted(np.concatenate(parts)) == list(range(KEYS.size))
    assert all((np.diff(part) > 0).all() for part in parts)


def test_keys_too_many_for_memory_come_back_as_if_split_at_once(tmp_path: Path) -> None:
    spilled = spill(np.array_split(KEYS, 13), 16, tmp_path)
    at_once = split(pa.array(KEYS), 16)
    assert [part.tolist() for part in spilled] == [KEYS[part].tolist() for part in at_once]


def test_a_bucket_without_keys_is_empty(tmp_path: Path) -> None:
    assert [part.size for part in spill([np.array([0])], 2, tmp_path)] == [0, 1]


@pytest.mark.parametrize("bucket", [0, 31, 2047])
def test_spark_reads_the_bucket_from_the_name(bucket: int) -> None:
    name = file_name(Release.named("gaia_dr3").tables[0], bucket)
    assert int(SPARK_BUCKET.fullmatch(name)[1]) == bucket
