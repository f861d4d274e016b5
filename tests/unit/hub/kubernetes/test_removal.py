from dataclasses import replace

from astroflow_hub.kubernetes.removal import Removal

LEAVER = Removal(
    user="hypatia",
    namespace="astroflow-hypatia",
    pods=("jupyter-hypatia",),
    claims=("catalogue-gaia-dr3",),
    volumes=("astroflow-hypatia.gaia-dr3",),
    home="claim home of 30Gi",
    with_home=False,
)


def test_what_goes_is_told_and_that_the_home_stays() -> None:
    assert LEAVER.lines() == [
        "hypatia has the namespace astroflow-hypatia. This deletes:",
        "  pod jupyter-hypatia, and whatever runs in it",
        "  claim catalogue-gaia-dr3",
        "  volume astroflow-hypatia.gaia-dr3 (a catalogue's: its data stay)",
        "  services, config maps, and the rights to make more",
        "The home stays, in its namespace: claim home of 30Gi.",
    ]


def test_a_home_that_goes_is_told_loudly() -> None:
    told = replace(LEAVER, with_home=True).lines()
    assert told[-2:] == [
        "  THE HOME AND ALL FILES IN IT: claim home of 30Gi",
        "  the namespace astroflow-hypatia",
    ]


def test_where_there_is_no_home_none_is_told_of() -> None:
    assert replace(LEAVER, home=None).lines()[-1].endswith("its namespace: there is none.")
