"""A server that nobody uses is stopped, and never one that computes."""

from inside.hub.deployed import DeployedHub, end_told
from inside.hub.offered import offered, profile

BRIEF = profile("brief", idle={"stop_after": "30s", "warn_before": "10s"})


def test_an_idle_server_is_stopped_and_a_busy_one_is_not(hub: DeployedHub) -> None:
    with offered(hub, BRIEF), hub.person("worker") as worker, hub.person("sleeper") as sleeper:
        worker.start("brief")
        with worker.kernel() as kernel:
            kernel.begin("import time; time.sleep(600)")
            sleeper.start("brief")
            assert "it was not used for 30 seconds" in end_told(sleeper)
            assert worker.has_server()
        worker.stop()
