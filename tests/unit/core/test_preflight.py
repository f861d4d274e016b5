"""What is found by comparing reports, and how it is told."""

import sys
from dataclasses import replace

import pytest

from astroflow_core.errors import SessionError
from astroflow_core.preflight import Engine, Report, Silence, compare

GIB = 2**30
PACKAGES = {"astroflow-hub": "0.1.0", "numpy": "2.4.1", "pandas": "2.3.3", "pyarrow": "26.0.0"}
SPARK = Engine("executor", packages=("pyspark",))
FOOTER = "/mnt/gaia-dr3/gaia/part-0.parquet"
HERE = Report(
    pod="jupyter-hypatia",
    python="3.11.7",
    packages=PACKAGES | {"pyspark": "4.3.0", "lsdb": "0.11.0", "wheel": "0.45.0"},
    own={"lsdb": "0.11.0"},
    user=1000,
    scratch=20 * GIB,
    faults={"/mnt/gaia-dr3/catalogue.yaml": "", FOOTER: ""},
)
FIRST = replace(HERE, pod="spark-1-exec-1", own={})
SECOND = replace(FIRST, pod="spark-1-exec-2")
CURE = "the image is not this notebook's: stop your server and start it again"


def found(*reports: Report, own: Report = HERE) -> list[tuple[str, bool]]:
    findings = compare(SPARK, own, reports).findings
    return [(finding.sentence, finding.is_fatal) for finding in findings]


def has(report: Report, **versions: str) -> Report:
    named = {name.replace("_", "-"): version for name, version in versions.items()}
    return replace(report, packages={**report.packages, **named})


def lacks(report: Report, *names: str) -> Report:
    return replace(report, packages={n: v for n, v in report.packages.items() if n not in names})


def test_of_equals_nothing_is_said() -> None:
    assert found(FIRST, SECOND) == []


def test_more_packages_than_here_are_no_fault() -> None:
    assert found(has(FIRST, gaiaxpy="2.1.4")) == []


def test_another_python_is_fatal_and_another_patch_of_it_is_not() -> None:
    sentence = f"executor spark-1-exec-1: Python is 3.12.2, in this notebook 3.11.7; {CURE}"
    assert found(replace(FIRST, python="3.12.2")) == [(sentence, True)]
    assert found(replace(FIRST, python="3.11.9")) == []


def test_the_engine_s_own_package_names_pod_package_both_versions_and_the_cure() -> None:
    sentence = f"executor spark-1-exec-1: pyspark is 4.2.0, here 4.3.0; {CURE}"
    assert found(has(FIRST, pyspark="4.2.0")) == [(sentence, True)]


def test_an_image_without_our_packages_is_fatal() -> None:
    bare = replace(FIRST, packages={"wheel": "0.45.0", "lsdb": "0.11.0"})
    sentence = (
        "executor spark-1-exec-1: astroflow-hub is missing, here 0.1.0, numpy is missing, here "
        f"2.4.1, pandas is missing, here 2.3.3, and 2 more; {CURE}"
    )
    assert found(bare) == [(sentence, True)]


def test_another_version_of_what_we_build_on_is_said_and_not_fatal() -> None:
    sentence = f"executor spark-1-exec-1: numpy is 2.3.0, here 2.4.1; {CURE}"
    assert found(has(FIRST, numpy="2.3.0")) == [(sentence, False)]


def test_a_package_of_the_person_s_own_is_told_with_the_way_to_bring_it() -> None:
    sentence = (
        "executor spark-1-exec-1: lsdb is missing, here 0.11.0: you installed that in this "
        "notebook alone; push_packages() takes them there"
    )
    assert found(lacks(FIRST, "lsdb")) == [(sentence, False)]


def test_what_an_environment_brings_is_to_be_there_also_if_the_notebook_has_it_not() -> None:
    (finding,) = compare(SPARK, HERE, [FIRST], brought={"zero-point": "0.3"}).findings
    assert "executor spark-1-exec-1: zero-point is missing, here 0.3: you installed" in str(finding)
    arrived = has(FIRST, zero_point="0.3")
    assert compare(SPARK, HERE, [arrived], brought={"zero-point": "0.3"}).findings == ()


def test_what_an_environment_brings_in_another_version_is_told_as_such() -> None:
    brought = {"lsdb": "0.9.0", "pyspark": "3.5.0"}
    told = compare(SPARK, HERE, [has(FIRST, lsdb="0.9.0")], brought={"lsdb": "0.9.0"})
    assert told.is_ready
    assert told.findings[0].sentence == (
        "executor spark-1-exec-1: lsdb is 0.9.0, here 0.11.0: so it is in the environment; where "
        "your code needs it, install the same here"
    )
    assert not compare(SPARK, HERE, [has(FIRST, **brought)], brought=brought).is_ready


def test_all_that_differs_is_there_to_look_up() -> None:
    checked = compare(SPARK, HERE, [lacks(has(FIRST, numpy="2.3.0"), "lsdb"), SECOND])
    assert checked.differences == {
        "spark-1-exec-1": {"lsdb": (None, "0.11.0"), "numpy": ("2.3.0", "2.4.1")},
        "spark-1-exec-2": {},
    }


def test_what_several_share_is_said_once() -> None:
    pods = [replace(has(FIRST, numpy="2.3.0"), pod=f"e{number}") for number in range(5)]
    sentence = f"5 executors (e0, e1, e2, and 2 more): numpy is 2.3.0, here 2.4.1; {CURE}"
    assert found(*pods) == [(sentence, False)]


ASK = "stop your server and start it again; where that does not help, tell whoever runs the hub"


def test_a_lost_mount_is_fatal_and_named() -> None:
    lost = replace(FIRST, faults=dict.fromkeys(HERE.faults))
    folders = "/mnt/gaia-dr3, /mnt/gaia-dr3/gaia does not answer"
    sentence = f"executor spark-1-exec-1: {folders}: the mount is lost; {ASK}"
    assert found(lost) == [(sentence, True)]
    both = f"executor spark-1-exec-1: {folders}: the mount is lost, here, too; {ASK}"
    assert found(lost, own=replace(HERE, faults=lost.faults)) == [(both, True)]


def test_a_file_that_cannot_be_read_is_fatal_and_names_user_and_reason() -> None:
    closed = replace(FIRST, user=1001, faults={**HERE.faults, FOOTER: "Permission denied"})
    sentence = f"executor spark-1-exec-1: user 1001 cannot read {FOOTER} (Permission denied); {ASK}"
    assert found(closed) == [(sentence, True)]


def test_little_scratch_is_said() -> None:
    sentence = "executor spark-1-exec-1: 0.5 GiB of scratch are free, so a large join may fail"
    assert found(replace(FIRST, scratch=GIB // 2)) == [(sentence, False)]


def test_one_that_does_not_report_is_named() -> None:
    silent = [Silence("spark-1-exec-3", "it is busy")]
    checked = compare(SPARK, HERE, [FIRST], silent)
    assert [str(finding) for finding in checked.findings] == ["executor spark-1-exec-3: it is busy"]
    assert checked.is_ready


def test_a_check_refuses_what_is_fatal_and_says_the_rest() -> None:
    said: list[str] = []
    compare(SPARK, HERE, [has(FIRST, numpy="2.3.0")]).check(said.append)
    assert said == [f"executor spark-1-exec-1: numpy is 2.3.0, here 2.4.1; {CURE}"]
    fatal = compare(SPARK, HERE, [has(FIRST, pyspark="4.2.0"), SECOND])
    assert not fatal.is_ready
    with pytest.raises(SessionError, match=r"spark-1-exec-1: pyspark is 4\.2\.0, here 4\.3\.0"):
        fatal.check(said.append)


LOST = f"the mount is lost; {ASK}"
TABLE = f"""\
Pod             Python  Packages  Catalogues  Free scratch  User
this notebook   3.11.7  7         readable    20.0 GiB      1000
spark-1-exec-1  3.11.7  1 differ  readable    20.0 GiB      1000
spark-1-exec-2  3.11.7  the same  2 not read  20.0 GiB      1000
executor spark-1-exec-1: numpy is 2.3.0, here 2.4.1; {CURE}
executor spark-1-exec-2: /mnt/gaia-dr3, /mnt/gaia-dr3/gaia does not answer: {LOST}"""


def test_it_is_a_table() -> None:
    lost = replace(SECOND, faults=dict.fromkeys(HERE.faults))
    checked = compare(SPARK, HERE, [has(FIRST, numpy="2.3.0"), lost])
    assert repr(checked) == TABLE
    assert checked._repr_html_().count("<tr>") == 4
    assert "<td>spark-1-exec-2</td>" in checked._repr_html_()


def test_a_table_without_findings_says_so_and_escapes_names() -> None:
    checked = compare(SPARK, HERE, [replace(FIRST, pod="<b>")])
    assert repr(checked).endswith("\nNothing is wrong with 1 executor.")
    assert "<td>&lt;b&gt;</td>" in checked._repr_html_()


def test_a_cluster_without_executors_is_told() -> None:
    assert repr(compare(SPARK, HERE, [])).endswith("No executor is up; the next query takes some.")


def test_this_python_reports(tmp_path: object) -> None:
    report = Report.of_this_python([str(tmp_path)])
    assert report.python == ".".join(map(str, sys.version_info[:3]))
    assert report.packages["pytest"] == pytest.__version__
    assert report.faults == {str(tmp_path): "Is a directory"}
    assert report.scratch > 0
