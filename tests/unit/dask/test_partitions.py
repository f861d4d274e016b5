"""Which files make a partition, and between which ids it lies."""

import pytest

from astroflow_core.errors import CatalogueError
from astroflow_dask_gaia.partitions import partitions_of

from .conftest import MakeCatalogue


def test_a_file_is_a_partition_that_begins_with_its_first_id(
    make_catalogue: MakeCatalogue,
) -> None:
    table = make_catalogue(gaia_source=[[1, 4], [7], [9, 12]]).table("gaia_source")
    partitions = partitions_of(table)
    assert partitions.divisions == (1, 7, 9, 12)
    assert partitions.files == tuple((path,) for path in table.files)


def test_a_file_without_rows_is_no_partition(make_catalogue: MakeCatalogue) -> None:
    table = make_catalogue(gaia_source=[[1, 4], [], [9, 12]]).table("gaia_source")
    assert partitions_of(table).divisions == (1, 9, 12)
    assert partitions_of(table).files == ((table.files[0],), (table.files[2],))


def test_a_table_cut_at_the_same_ids_shares_the_divisions_of_gaia_source(
    make_catalogue: MakeCatalogue,
) -> None:
    catalogue = make_catalogue(
        gaia_source=[[1, 4], [7], [9, 12]], galactic_coordinates=[[4], [], [10]]
    )
    table = catalogue.table("galactic_coordinates")
    partitions = partitions_of(table)
    assert partitions.divisions == (1, 7, 9, 12)
    assert partitions.files == ((table.files[0],), (), (table.files[2],))


@pytest.mark.parametrize(
    "ids",
    [
        [[0, 4], [10]],  # begins before
        [[4], [10, 13]],  # ends after
        [[4, 8], [10]],  # a file spans a cut
        [[4], [7, 9]],  # the last file begins in one range and ends at the first id of the next
    ],
)
def test_a_table_cut_elsewhere_keeps_its_own_divisions(
    make_catalogue: MakeCatalogue, ids: list[list[int]]
) -> None:
    catalogue = make_catalogue(gaia_source=[[1, 4], [7], [9, 12]], galactic_coordinates=ids)
    partitions = partitions_of(catalogue.table("galactic_coordinates"))
    assert partitions.divisions == (ids[0][0], ids[1][0], ids[1][-1])


def test_several_files_may_lie_in_one_range(make_catalogue: MakeCatalogue) -> None:
    catalogue = make_catalogue(gaia_source=[[1, 12]], galactic_coordinates=[[2], [3]])
    table = catalogue.table("galactic_coordinates")
    assert partitions_of(table).files == (table.files,)


def test_hash_buckets_have_no_divisions_and_say_so(make_catalogue: MakeCatalogue) -> None:
    table = make_catalogue("hash_buckets", gaia_source=[[2, 9], [1, 12]]).table("gaia_source")
    with pytest.warns(UserWarning, match="gaia_source is in hash buckets"):
        partitions = partitions_of(table)
    assert partitions.divisions == (None, None, None)
    assert partitions.files == tuple((path,) for path in table.files)


def test_files_that_overlap_are_refused(make_catalogue: MakeCatalogue) -> None:
    table = make_catalogue(gaia_source=[[1, 8], [7]]).table("gaia_source")
    with pytest.raises(CatalogueError, match="not in order of source_id"):
        partitions_of(table)


def test_a_table_without_rows_is_refused(make_catalogue: MakeCatalogue) -> None:
    table = make_catalogue(gaia_source=[[], []]).table("gaia_source")
    with pytest.raises(CatalogueError, match="is empty: no file has a row"):
        partitions_of(table)
