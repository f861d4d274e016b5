from astroflow_hub.kubernetes import steps
from astroflow_hub.kubernetes.steps import step_of

USUAL = ["Scheduled", "SuccessfulAttachVolume", "Pulling", "Pulled", "Created", "Started"]


def test_progress_of_a_usual_start_only_grows() -> None:
    reached = [step_of({"reason": reason, "message": ""}) for reason in USUAL]
    progress = [step.progress for step in reached if step]
    first = [steps.NAMESPACE.progress, steps.VOLUMES.progress, steps.POD.progress]
    assert first + progress == sorted({*first, *progress})


def test_an_event_that_means_nothing_to_a_person_is_no_step() -> None:
    assert step_of({"reason": "Created", "message": "Created container"}) is None
