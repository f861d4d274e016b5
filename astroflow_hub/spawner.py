"""AstroFlowSpawner: a person's server as a pod in a namespace of their own."""

from __future__ import annotations

import asyncio
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from kubernetes_asyncio.client.rest import ApiException
from kubespawner import KubeSpawner
from traitlets import Bool, Dict, Enum, Integer, List, Unicode, default

from astroflow_core.errors import AstroFlowError
from astroflow_core.kubernetes.ends import end_of, eviction_of, has_ended, is_lost
from astroflow_core.kubernetes.quantities import memory_of
from astroflow_core.kubernetes.reasons import cause_of, message_of, refusal
from astroflow_hub.identity import person_uuid
from astroflow_hub.kubernetes import steps
from astroflow_hub.kubernetes.applier import Applier
from astroflow_hub.kubernetes.namespace import SERVICE_ACCOUNT
from astroflow_hub.kubernetes.person import MANAGED_BY, Person
from astroflow_hub.kubernetes.person_space import PersonSpace
from astroflow_hub.kubernetes.person_volumes import PersonVolumes
from astroflow_hub.kubernetes.pod import (
    CONTAINER,
    CONTAINER_SECURITY,
    POD_ENVIRONMENT,
    POD_SECURITY,
    START,
    check_image,
    in_place,
    kubernetes_settings,
    pod_traits,
)
from astroflow_hub.kubernetes.policies import PRIVATE_RANGES, Network, api_servers
from astroflow_hub.kubernetes.running import running_pods
from astroflow_hub.kubernetes.volumes import HOME_CLAIM, HOME_PATH, read_volumes, select_volumes
from astroflow_hub.profile_options import ProfileOptions, RefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from astroflow_core.kubernetes.reasons import Cause
    from astroflow_hub.kubernetes.namespace import Object
    from astroflow_hub.kubernetes.steps import Step
    from astroflow_hub.kubernetes.volumes import CatalogueVolume
    from astroflow_hub.running import Running

_LOOK_EACH = 0.5  # seconds
_TO_SAY_SO = 5  # seconds before start_timeout, when JupyterHub gives up without a word
# Said of a quota that was made a moment ago.
_QUOTA_NOT_READY = "status unknown for quota"


class AstroFlowSpawner(ProfileOptions, KubeSpawner):  # type: ignore[misc]
    """Starts servers as pods; each person has a namespace, a home, and the Gaia data to read.

    An admin sets ``profiles_dir`` or ``profiles``, and ``catalogue_volumes``. Whatever
    `KubeSpawner` can be told holds too, but for its ``profile_list``: profiles are ours.
    """

    # Not to be configured: without a namespace for each, persons would reach one another.
    enable_user_namespaces = Bool(default_value=True, help="Each person has a namespace.")

    catalogue_volumes = Dict(
        config=True,
        help="The volumes with catalogues, by name: {'gaia-dr3': {'persistent_volume': {'nfs': "
        "{'server': 'nfs.example.org', 'path': '/gaia-dr3'}}}}. persistent_volume is what stands "
        "in the spec of a PersistentVolume, or the name of one in the cluster to take it from. "
        "mount_path is /mnt/<name> unless it is given; catalogues lists the catalogues of "
        "profiles that need the volume, by default the one of its own name.",
    )
    pod_security = Enum(
        ["restricted", "baseline"],
        "restricted",
        config=True,
        help="The level of Pod Security that every namespace of a person is held to: baseline "
        "where what you add to the pods (extra_containers, …) is refused by restricted.",
    )
    require_digest = Bool(
        default_value=False,
        config=True,
        help="Start only images that are named by digest (name@sha256:…), which nobody can "
        "exchange under the same name.",
    )
    scheduling_patience = Integer(
        60,
        config=True,
        help="How long, in seconds, a server may wait for a node that has room. While an "
        "autoscaler adds a node it waits until start_timeout.",
    )
    temporary_size = Unicode(
        "20Gi",
        config=True,
        help="How much a pod may write to /tmp, a volume that goes with it. Who writes more is "
        "evicted.",
    )
    cluster_ranges = List(
        Unicode(),
        [*PRIVATE_RANGES],
        config=True,
        help="Address ranges that persons' pods do not reach as part of the internet: those of "
        "pods, services, nodes and metadata services. The default is every private range.",
    )
    dns_namespace = Unicode(
        "kube-system", config=True, help="The namespace of the cluster's DNS servers."
    )
    dask_namespace = Unicode(
        "dask-operator", config=True, help="The namespace in which the Dask operator runs."
    )
    shared_dask = Bool(
        default_value=False,
        config=True,
        help="Let notebooks reach the Dask cluster of deploy/shared-dask, which asks nobody who "
        "they are.",
    )
    hub_pods = Dict(
        default_value={"app.kubernetes.io/component": "hub"},
        config=True,
        help="Labels of the hub's pod, which may call persons' servers, and which they call.",
    )
    proxy_pods = Dict(
        default_value={"app.kubernetes.io/component": "proxy"},
        config=True,
        help="Labels of the proxy's pods, which may call persons' servers.",
    )

    _steps: tuple[Step, ...] = ()
    _waits_for: Cause | None = None
    _pod_uid: str | None = None
    _end_is_noted = False

    @default("component_label")
    def _default_component_label(self) -> str:
        return "notebook"

    @default("common_labels")
    def _default_common_labels(self) -> dict[str, str]:
        return {"app.kubernetes.io/name": "astroflow", **MANAGED_BY}

    @default("storage_pvc_ensure")
    def _default_storage_pvc_ensure(self) -> bool:
        return False  # the home is made with the other volumes

    @default("service_account")
    def _default_service_account(self) -> str:
        return SERVICE_ACCOUNT

    @default("automount_service_account_token")
    def _default_automount_service_account_token(self) -> bool:
        return True  # Spark and Dask make their pods with it

    @default("pod_security_context")
    def _default_pod_security_context(self) -> dict[str, Any]:
        return {**POD_SECURITY}

    @default("container_security_context")
    def _default_container_security_context(self) -> dict[str, Any]:
        return {**CONTAINER_SECURITY}

    @default("extra_pod_config")
    def _default_extra_pod_config(self) -> dict[str, Any]:
        # A server that died stays so until its person is told why.
        return {"restartPolicy": "Never", "enableServiceLinks": False}

    @default("extra_container_config")
    def _default_extra_container_config(self) -> dict[str, Any]:
        return {**CONTAINER}

    @default("cmd")
    def _default_cmd(self) -> list[str]:
        return [*START]

    @default("notebook_dir")
    def _default_notebook_dir(self) -> str:
        return HOME_PATH

    @default("default_url")
    def _default_default_url(self) -> str:
        return "/lab"

    @default("start_timeout")
    def _default_start_timeout(self) -> int:
        return 600  # seconds; the first pull of a large image takes minutes

    @default("http_timeout")
    def _default_http_timeout(self) -> int:
        return 120  # seconds; when many start on one node, JupyterLab takes its time

    @default("poll_interval")
    def _default_poll_interval(self) -> int:
        return 5  # seconds; it looks at what is watched anyway, and asks nobody

    @property
    def events(self) -> list[Object]:
        """The events of this pod since it is being started.

        By name alone, as KubeSpawner has it, another person's pod could be taken for it.
        """
        found: list[Object] = super().events
        return [e for e in found if e["involvedObject"].get("namespace") == self.namespace]

    async def load_user_options(self) -> None:
        """Apply the chosen profile, or refuse to start a server."""
        profile, volumes = self.chosen_profile(), self._volumes()
        traits = pod_traits(profile, volumes, self.temporary_size)
        for name, key in (("volumes", "name"), ("volume_mounts", "mountPath")):
            configured = self._sorted_dict_values(getattr(self, name))
            traits[name] = in_place(configured, traits[name], key)
        for name, value in traits.items():
            setattr(self, name, value)
        check_image(self.image, require_digest=self.require_digest)

    def get_env(self) -> dict[str, Any]:
        """Return the environment of the pod: the hub's, the session's, and the profile's.

        Ours is added here and not as ``environment``, whose braces KubeSpawner expands.
        """
        profile = self.chosen_profile()
        settings = kubernetes_settings(profile, self._volumes())
        env: dict[str, Any] = super().get_env()
        return {**env, **settings.settings_to_environ(), **POD_ENVIRONMENT, **profile.environment}

    def start(self) -> asyncio.Future[str]:
        """Start the server; fail as soon as it is sure that it will not start."""
        self.ended_because, self._end_is_noted = "", False
        self._steps, self._pod_uid = (), None
        self._start_future = asyncio.ensure_future(self._start_or_say_why())
        return self._start_future

    async def _start_or_say_why(self) -> str:
        try:
            return await self._start_unless_in_vain()
        except AstroFlowError as error:
            raise RefusedError(error) from error
        except ApiException as error:
            why = refusal(error.status, message_of(error.body))
            raise RefusedError(AstroFlowError(f"Your server does not start: {why}.")) from error
        except OSError as error:
            told = f"Your server does not start: the cluster does not answer ({error})."
            raise RefusedError(AstroFlowError(told)) from error

    async def _start_unless_in_vain(self) -> str:
        starting: asyncio.Future[str] = asyncio.ensure_future(self._start())
        try:
            if cause := await self._final_cause(starting):
                raise AstroFlowError(f"Your server does not start: {cause}.")
            return await starting
        finally:
            starting.cancel()

    async def _final_cause(self, starting: asyncio.Future[str]) -> str | None:
        """Wait for the start; return early with the cause that it cannot succeed."""
        since: float | None = None
        deadline = time.monotonic() + self.start_timeout - _TO_SAY_SO
        while not starting.done():
            await asyncio.wait([starting], timeout=_LOOK_EACH)
            self._waits_for = cause = await self._cause()
            since = (since or time.monotonic()) if cause else None
            if cause and since and cause.is_final(time.monotonic() - since):
                return cause.sentence
            if time.monotonic() > deadline:
                step = self._reached_steps()[-1].message
                return f"it is not ready after {self.start_timeout} s; it came to: {step}"
        return None

    async def _cause(self) -> Cause | None:
        """Return why the pod does not run yet, if something is wrong."""
        pod = self._pod()
        # A pod of the last start, of the same name, may still be there.
        if not pod or pod["metadata"]["uid"] != self._pod_uid:
            return None
        nodes = [] if pod["spec"].get("nodeName") else await self._nodes()
        return cause_of(pod, self.events, nodes, self.scheduling_patience)

    async def _ensure_namespace(self) -> None:
        """Make, or put right, all that the person has in the cluster before their pod."""
        self._reached(steps.NAMESPACE)
        profile, applier = self.chosen_profile(), Applier(self.api.api_client)
        person, volumes = await self._person(), self._volumes()
        space = PersonSpace(applier, person, self.pod_security)
        wanted = self._expand_user_properties(self.user_namespace_template)
        self.namespace = await space.ensure_namespace(wanted)
        self.dns_name = self.dns_name_template.format(namespace=self.namespace, name=self.pod_name)
        network = await self._network(applier)
        await space.ensure_rights(self.namespace, network, profile, len(volumes))
        self._reached(steps.VOLUMES)
        own = PersonVolumes(applier, person, self.namespace)
        await own.ensure_home(profile.home)
        await own.ensure_catalogues(select_volumes(volumes, profile.catalogues))
        self._reached(steps.POD)

    async def _make_create_pod_request(self, pod: Any, request_timeout: float) -> bool:
        """Make the pod; return whether that is done, or to be tried again.

        KubeSpawner's own writes a refused pod to the log, the person's token with it.
        """
        create = self.api.create_namespaced_pod(self.namespace, pod)
        try:
            made = await asyncio.wait_for(create, request_timeout)
        except TimeoutError:
            return False
        except ApiException as error:
            if error.status == HTTPStatus.CONFLICT:
                await self.stop(now=True)
            elif _QUOTA_NOT_READY not in message_of(error.body):
                raise
            return False
        self._pod_uid = made.metadata.uid
        return True

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """Yield each step of the start once, and what it waits for."""
        shown: set[str] = set()
        progress, done = 0, False
        while not done:
            done = self._start_future is not None and self._start_future.done()
            for step in self._reached_steps():
                progress = max(progress, step.progress)
                if step.message not in shown:
                    yield {"progress": progress, "message": step.message}
                shown.add(step.message)
            await asyncio.sleep(0 if done else _LOOK_EACH)

    async def poll(self) -> int | None:
        """Return None while the server runs; when it has died, keep why for the next page."""
        await self._start_watching_pods()
        await self._start_watching_events()
        pod = self._pod()
        if has_ended(pod) or is_lost(pod):
            # Now: KubeSpawner removes the pod, and whoever asks meanwhile finds none.
            self._note_end(pod)
        code: int | None = await super().poll()
        if code is None and is_lost(pod):
            # Its node is silent, so nobody else will ever say that it ended.
            await self.stop(now=True)
            code = 1
        return code

    async def get_url(self) -> str:
        """Return the address of a server that was started before this hub.

        The last hub may have ended meanwhile, with no address noted: the pod tells it.
        """
        deadline = time.monotonic() + self.http_timeout
        while not self.is_pod_running(self._pod()) and time.monotonic() < deadline:
            if has_ended(self._pod()):
                break
            await asyncio.sleep(_LOOK_EACH)
        pod = self._pod()
        url: str = self._get_pod_url(pod) if self.is_pod_running(pod) else self.server.url
        return url

    def _note_end(self, pod: Object | None) -> None:
        if self.server and not self._stop_pending and not self._end_is_noted:
            uid = pod["metadata"]["uid"] if pod else self._pod_uid
            evicted = eviction_of(uid, self.events) if uid else None
            self.ended_because, self._end_is_noted = evicted or end_of(pod) or "", True

    async def delete_forever(self) -> None:
        """Leave the home of a deleted account alone: `astroflow user remove` is for that."""
        self.log.info("The namespace and home of %s stay", self.user.name)

    async def running(self) -> list[Running]:
        """Return the pods of the server and its clusters."""
        pods = await Applier(self.api.api_client).list("Pod", self.namespace)
        return running_pods(pods, self.component_label)

    async def home_size(self) -> int | None:
        """Return the bytes that the home's claim asks for; None where there is no home yet."""
        applier = Applier(self.api.api_client)
        claim = await applier.read("PersistentVolumeClaim", HOME_CLAIM, self.namespace)
        return memory_of(claim["spec"]["resources"]["requests"]["storage"]) if claim else None

    async def _person(self) -> Person:
        auth_state = await self.user.get_auth_state()
        if auth_state is None and self.user.encrypted_auth_state is not None:
            # By their name alone they would be somebody else, with another home.
            raise AstroFlowError(
                "who you are cannot be read from the hub's database: log out and in again"
            )
        uuid = person_uuid(self.user.name, auth_state)
        return Person(self.user.name, uuid, self._namespace_default())

    async def _network(self, applier: Applier) -> Network:
        slices = await applier.list(
            "EndpointSlice", "default", {"kubernetes.io/service-name": "kubernetes"}
        )
        return Network(
            hub_namespace=self._namespace_default(),
            hub_pods=self.hub_pods,
            proxy_pods=self.proxy_pods,
            notebook_pods={"app.kubernetes.io/component": self.component_label},
            notebook_port=self.port,
            api_servers=api_servers(slices),
            cluster_ranges=tuple(self.cluster_ranges),
            dns_namespace=self.dns_namespace,
            dask_namespace=self.dask_namespace,
            shared_dask=self.shared_dask,
        )

    async def _nodes(self) -> list[Object]:
        return await Applier(self.api.api_client).list("Node")

    def _volumes(self) -> dict[str, CatalogueVolume]:
        return read_volumes(self.catalogue_volumes)

    def _pod(self) -> Object | None:
        pods = self.pod_reflector.pods if self.pod_reflector else {}
        found: Object | None = pods.get(f"{self.namespace}/{self.pod_name}")
        return found

    def _reached(self, step: Step) -> None:
        self._steps = (*self._steps, step)

    def _reached_steps(self) -> list[Step]:
        told = [steps.step_of(event) for event in self.events]
        waits = [steps.waiting(self._waits_for)] if self._waits_for else []
        return [*self._steps, *(step for step in told if step), *waits]
