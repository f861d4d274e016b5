"""Homes: finds people's homes, and runs a command of the backup in one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyterhub.utils import exponential_backoff
from kubernetes_asyncio import client

from astroflow_core.errors import AstroFlowError
from astroflow_hub.backup.objects import Home, build_pod, build_volume
from astroflow_hub.kubernetes.applier import Applier
from astroflow_hub.kubernetes.person import MANAGED_BY, USER_ANNOTATION, UUID_LABEL
from astroflow_hub.kubernetes.volumes import HOME_CLAIM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from astroflow_hub.backup.objects import Object

NAMESPACE = "astroflow-backup"
SCHEDULE = "backup"
PATIENCE = 6 * 3600  # seconds; the first snapshot of a large home takes hours


class BackupError(AstroFlowError):
    """A home was not saved, or not restored."""


class Homes:
    """People's homes, as the backup sees them from its own namespace."""

    def __init__(self, api: client.ApiClient) -> None:
        self._objects = Applier(api)
        self._core = client.CoreV1Api(api)
        self._batch = client.BatchV1Api(api)

    async def all(self) -> list[Home]:
        """Return every home that has a volume."""
        namespaces = await self._objects.list("Namespace", labels=MANAGED_BY)
        found = [await self._home(namespace) for namespace in namespaces]
        return [home for home in found if home]

    async def of(self, person: str) -> Home:
        """Return the home of a person by user name or UUID.

        Raises
        ------
        BackupError
            When there is none.
        """
        homes = await self.all()
        for home in homes:
            if person in (home.person, home.uuid):
                return home
        names = ", ".join(sorted(home.person for home in homes)) or "nobody"
        raise BackupError(
            f"{person} has no home; there are homes of {names}. Whose home is lost gets an empty "
            f"one by starting a server"
        )

    async def image(self) -> str:
        """Return the image that the schedule runs, which has the programs of the backup."""
        schedule = await self._batch.read_namespaced_cron_job(SCHEDULE, NAMESPACE)
        return str(schedule.spec.job_template.spec.template.spec.containers[0].image)

    async def run(self, home: Home, image: str, command: Sequence[str], *, read_only: bool) -> str:
        """Run ``command`` in a home and return what it printed.

        Raises
        ------
        BackupError
            When the command fails; the message ends with its last words.
        """
        volume, claim = build_volume(home, NAMESPACE)
        pod = build_pod(home, NAMESPACE, image, command, read_only=read_only)
        await self._let_go(home)  # of what a run that was killed left
        try:
            for wanted in (volume, claim, pod):
                await self._objects.create(wanted)
            succeeded = await self._ended(home)
            log = str(await self._core.read_namespaced_pod_log(home.name, NAMESPACE))
        finally:
            await self._let_go(home)
        if not succeeded:
            words = " ".join(log.split()[-60:])
            raise BackupError(f"`{' '.join(command)}` failed for {home.person}: {words}")
        return log

    async def _home(self, namespace: Object) -> Home | None:
        name, labels = namespace["metadata"]["name"], namespace["metadata"]["labels"]
        claim = await self._objects.read("PersistentVolumeClaim", HOME_CLAIM, name)
        if not claim or "volumeName" not in claim["spec"]:
            return None
        volume = await self._objects.read("PersistentVolume", claim["spec"]["volumeName"])
        pods = await self._objects.list("Pod", name)
        annotations = namespace["metadata"].get("annotations", {})
        return Home(
            uuid=labels[UUID_LABEL],
            person=annotations.get(USER_ANNOTATION, name),
            volume=volume["spec"] if volume else {},
            node=next((pod["spec"]["nodeName"] for pod in pods if _has_home(pod)), None),
        )

    async def _ended(self, home: Home) -> bool:
        """Wait for the end of the pod and return whether all went well."""

        async def phase() -> str | None:
            pod = await self._objects.read("Pod", home.name, NAMESPACE)
            found = pod["status"].get("phase") if pod else "Failed"
            return found if found in {"Succeeded", "Failed"} else None

        message = f"the backup of {home.person} does not end"
        ended = await exponential_backoff(phase, message, max_wait=2, timeout=PATIENCE)
        return bool(ended == "Succeeded")

    async def _let_go(self, home: Home) -> None:
        """Delete all that the backup made for a home, and nothing of the person's."""
        await self._objects.delete("Pod", home.name, NAMESPACE)
        await self._objects.delete("PersistentVolumeClaim", home.name, NAMESPACE)
        await self._objects.delete("PersistentVolume", home.name)


def _has_home(pod: Object) -> bool:
    claims: list[Any] = [v.get("persistentVolumeClaim") for v in pod["spec"].get("volumes", [])]
    mounted = HOME_CLAIM in [claim["claimName"] for claim in claims if claim]
    return mounted and pod["status"].get("phase") == "Running"
