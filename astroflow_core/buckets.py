"""Spark's buckets: which one a key falls into, over numpy arrays, and which one a file is.

Spark's bucket of a row is the key's Murmur3 (x86, 32 bits, seed 42) modulo the number of
buckets. Sources: org.apache.spark.unsafe.hash.Murmur3_x86_32 (``hashInt``, ``hashLong``,
``hashUnsafeBytes``), org.apache.spark.sql.catalyst.expressions.Murmur3Hash and
org.apache.spark.sql.execution.datasources.BucketingUtils.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from astroflow_core.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

SEED = 42
_IN_NAME = re.compile(r".*_(\d+)(?:\..*)?")


def bucket_in_name(name: str) -> int | None:
    """Return which bucket Spark takes a file for, None for no bucket's.

    >>> bucket_in_name("part-00000-9f1c_00017.c000.zstd.parquet")
    17
    """
    found = _IN_NAME.fullmatch(name)
    return int(found[1]) if found else None


def bucket_of(keys: pa.Array, buckets: int) -> NDArray[np.int32]:
    """Return Spark's bucket, 0 to ``buckets`` - 1, of every key."""
    return spark_hash(keys) % np.int32(buckets)


def spark_hash(keys: pa.Array) -> NDArray[np.int32]:
    """Return what Spark's ``hash(key)`` gives for every one of ``keys``, none of them NULL.

    Raises
    ------
    DataError
        For keys that are neither whole numbers nor strings.
    """
    if keys.type == pa.int64():
        words = keys.to_numpy(zero_copy_only=False).astype("<i8").view("<u4").reshape(-1, 2)
        hashed = _finish(_mix_words(words.T, len(keys)), 8)
    elif pa.types.is_signed_integer(keys.type):
        words = keys.to_numpy(zero_copy_only=False).astype("<i4").view("<u4")
        hashed = _finish(_mix_words([words], len(keys)), 4)
    elif keys.type == pa.string():
        hashed = np.array([_hash_text(text) for text in keys.to_pylist()], dtype=np.uint32)
    else:
        raise DataError(f"Spark buckets by whole numbers or strings here, not by {keys.type}")
    return hashed.view(np.int32)


def _hash_text(text: str) -> np.uint32:
    """Hash UTF-8 bytes: whole words first, then each byte that is left, as Spark does."""
    encoded = text.encode()
    whole = len(encoded) // 4 * 4
    words = np.frombuffer(encoded[:whole], "<u4")
    rest = np.frombuffer(encoded[whole:], np.int8).astype(np.int32).view(np.uint32)
    mixed = _mix_words([word.reshape(1) for word in (*words, *rest)], 1)
    return np.uint32(_finish(mixed, len(encoded))[0])


def _mix_words(words: Iterable[NDArray[np.uint32]], size: int) -> NDArray[np.uint32]:
    """Fold the keys' words, one array of ``size`` keys a word, into the hash."""
    hashed = np.full(size, SEED, dtype=np.uint32)
    for word in words:
        mixed = _rotate(word * np.uint32(0xCC9E2D51), 15) * np.uint32(0x1B873593)
        hashed = _rotate(hashed ^ mixed, 13) * np.uint32(5) + np.uint32(0xE6546B64)
    return hashed


def _finish(hashed: NDArray[np.uint32], length: int) -> NDArray[np.uint32]:
    """Spread the bits of ``hashed``; ``length`` is the key's in bytes."""
    hashed = hashed ^ np.uint32(length)
    hashed = (hashed ^ (hashed >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    hashed = (hashed ^ (hashed >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return hashed ^ (hashed >> np.uint32(16))


def _rotate(words: NDArray[np.uint32], bits: int) -> NDArray[np.uint32]:
    return (words << np.uint32(bits)) | (words >> np.uint32(32 - bits))
