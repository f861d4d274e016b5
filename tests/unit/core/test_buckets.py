"""Spark's hash, against the values that Spark 4.3 gives for ``SELECT hash(...)``."""

import pyarrow as pa
import pytest

from astroflow_core.buckets import spark_hash
from astroflow_core.errors import DataError


def test_long_keys_hash_as_in_spark() -> None:
    keys = [0, 1, -1, 42, 2**63 - 1, -(2**63), 4472832130942575872, 5853498713190525696]
    assert spark_hash(pa.array(keys, pa.int64())).tolist() == [
        *(-1670924195, -1712319331, -939490007, 1316951768),
        *(-1604625029, -853646085, 605957880, -742820436),
    ]


def test_int_keys_hash_as_in_spark() -> None:
    keys = pa.array([0, 1, -1, 900, 2**31 - 1, -(2**31)], pa.int32())
    assert spark_hash(keys).tolist() == [
        *(933211791, -559580957, -1604776387, -1718197703, 133916647, 723455942),
    ]


def test_narrow_keys_hash_as_spark_widens_them() -> None:
    assert spark_hash(pa.array([5], pa.int8())).tolist() == [1023896466]
    assert spark_hash(pa.array([-7], pa.int16())).tolist() == [-1618159745]


def test_text_keys_hash_as_in_spark_bytes_beyond_whole_words_one_by_one() -> None:
    keys = ["", "a", "abcd", "abcde", "n_transits:5+", "PVSG", "étoile δ", "x" * 17]
    assert spark_hash(pa.array(keys)).tolist() == [
        *(142593372, 1485273170, -396302900, 814637928),
        *(-437524896, -998698018, 1365433260, 1051613680),
    ]


def test_keys_that_spark_does_not_bucket_by_are_refused() -> None:
    with pytest.raises(DataError, match="not by double"):
        spark_hash(pa.array([1.0]))
