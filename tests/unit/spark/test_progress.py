"""What jobs have done, from records as Spark's driver keeps them."""

from typing import Any

from astroflow_spark_gaia.progress import work_of


def job(stages: list[int], tasks: int, done: int = 0, **counts: int) -> dict[str, Any]:
    zeros = {"numSkippedTasks": 0, "numSkippedStages": 0, "numCompletedStages": 0}
    return {"stageIds": stages, "numTasks": tasks, "numCompletedTasks": done} | zeros | counts


def stage(rows: int = 0, shuffled: int = 0) -> dict[str, int]:
    return {"inputRecords": rows, "shuffleWriteBytes": shuffled}


def test_jobs_that_run_no_more_have_done_everything() -> None:
    jobs = {1: job([1], 10, 7), 2: job([2, 3], 20, 5, numCompletedStages=1)}
    work = work_of(jobs, {2}, [])
    assert (work.done, work.tasks) == (15, 30)
    assert work.notes == ("2 of 3 stages",)


def test_what_is_skipped_is_no_work() -> None:
    jobs = {1: job([1, 2], 30, 10, numSkippedTasks=20, numSkippedStages=1)}
    work = work_of(jobs, {1}, [])
    assert (work.done, work.tasks) == (10, 10)
    assert work.notes == ("0 of 1 stage",)


def test_rows_and_what_is_shuffled_are_those_of_all_stages() -> None:
    work = work_of({1: job([1, 2], 4, 4)}, set(), [stage(1_200), stage(34, 3 * 2**20)])
    assert work.notes == ("2 of 2 stages", "1,234 rows read", "3 MiB shuffled")


def test_tasks_that_ran_twice_are_not_more_than_all() -> None:
    assert work_of({1: job([1], 10, 12)}, {1}, []).done == 10
