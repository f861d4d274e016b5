"""What every spawner of the project does with profiles: offer, check and apply them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyterhub.spawner import SpawnException
from traitlets import Dict, HasTraits, Instance, List, Unicode, default

from astroflow_core.errors import AstroFlowError
from astroflow_core.profile import Profile
from astroflow_hub.access import Offer
from astroflow_hub.options_form import choose, parse_form, render_form
from astroflow_hub.profile_store import ProfilesError
from astroflow_hub.profile_watch import ProfileWatch, watch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from astroflow_hub.profile_store import ProfileStore
    from astroflow_hub.running import Running


class RefusedError(SpawnException):  # type: ignore[misc]
    """A person's mistake, as JupyterHub relays it: status 400, on the page and by its API."""

    def __init__(self, error: AstroFlowError) -> None:
        super().__init__(str(error), reason="refused")
        self.jupyterhub_message = str(error)


class ProfileOptions(HasTraits):
    """Gives a spawner the options page and ``profile``, the one to start with choices applied.

    To stand before the spawner's class in the list of bases. Without a profile that the
    person's groups allow there is no server: `chosen_profile` refuses.
    """

    ended_because = ""  # why the last server ended; the hub keeps it until the next one starts
    user: Any  # these four are the spawner's
    user_options: dict[str, Any]
    log: Any
    hub: Any

    profiles_dir = Unicode(
        "profiles", config=True, help="The folder with the profiles, one YAML file each."
    )
    profiles = List(
        Dict(),
        config=True,
        help="Profiles written here, with the schema of the files; used in place of profiles_dir.",
    )
    access_page = Unicode(
        config=True,
        help="The hub's page that takes requests for a profile; the portal sets it.",
    )
    profile = Instance(
        Profile, allow_none=True, help="The profile of the server that starts, choices applied."
    )

    @property
    def catalogues_dir(self) -> str | None:
        """The folder in which the hub itself can see the catalogues, if there is one."""
        return None

    @property
    def home_folder(self) -> Path | None:
        """The person's home, where the hub itself can look into it."""
        return None

    @property
    def groups(self) -> frozenset[str]:
        """The names of the groups that the person is in now."""
        return frozenset(group.name for group in self.user.groups) if self.user else frozenset()

    @default("options_form")
    def _default_options_form(self) -> Callable[[ProfileOptions], str]:
        return lambda spawner: spawner.render_options()

    @default("options_from_form")
    def _default_options_from_form(self) -> Callable[[Mapping[str, Sequence[str]]], Any]:
        def read(form: Mapping[str, Sequence[str]]) -> dict[str, Any]:
            try:
                options = parse_form(form)
                choose(self.offer(), options)
            except AstroFlowError as error:
                raise RefusedError(error) from error
            return options

        return read

    @default("apply_user_options")
    def _default_apply_user_options(self) -> Callable[[Any, Mapping[str, Any]], None]:
        def apply(spawner: ProfileOptions, user_options: Mapping[str, Any]) -> None:
            try:
                spawner.profile = choose(spawner.offer(), user_options)
            except AstroFlowError as error:
                raise RefusedError(error) from error

        return apply

    def render_options(self) -> str:
        """Return the options page's form for this person; an admin is told of problems."""
        offer, problem = self.offer(), self._watch().problem
        for_admin = str(problem) if problem and self.user and self.user.admin else ""
        ask_at = f"{self.hub.base_url}{self.access_page}" if self.access_page else ""
        return render_form(offer, self.user_options, for_admin, self.ended_because, ask_at)

    def offer(self) -> Offer:
        """Return what this person is offered now: an admin need not restart the hub.

        Raises
        ------
        RefusedError
            When the profiles never were without a problem; the hub's log tells the admin which.
        """
        try:
            return Offer.to(self.groups, self.all_profiles())
        except ProfilesError as error:
            told = AstroFlowError("no environment can be started now: ask the hub's administrator")
            raise RefusedError(told) from error

    def all_profiles(self) -> ProfileStore:
        """Return every profile of the hub, whoever may use it.

        Raises
        ------
        ProfilesError
            When they never were without a problem.
        """
        return self._watch().store(self.log)

    async def running(self) -> list[Running]:
        """Return what the person runs now: the server, and its clusters."""
        raise NotImplementedError

    async def home_size(self) -> int | None:
        """Return the bytes that the home may take; None where nothing limits it."""
        return None

    def chosen_profile(self) -> Profile:
        """Return the profile to start.

        Raises
        ------
        AstroFlowError
            When none is chosen.
        """
        if self.profile is None:
            raise AstroFlowError("no environment is chosen, so no server is started")
        return self.profile

    def get_state(self) -> dict[str, Any]:
        """Return what the hub keeps of this server, why it ended included."""
        state: dict[str, Any] = super().get_state()  # type: ignore[misc]
        return {**state, "ended_because": self.ended_because} if self.ended_because else state

    def load_state(self, state: dict[str, Any]) -> None:
        """Restore what `get_state` returned."""
        super().load_state(state)  # type: ignore[misc]
        self.ended_because = state.get("ended_because", "")

    def _watch(self) -> ProfileWatch:
        return watch(self.profiles, self.profiles_dir, self.catalogues_dir)
