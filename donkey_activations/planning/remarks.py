"""What a driver should know about a plan that its figures do not say."""

from collections.abc import Sequence

from donkey_activations.planning.plan import Plan
from donkey_activations.resolution import Resolution


def remarks(plan: Plan) -> list[str]:
    """Return one sentence each."""
    resolutions = [size.resolution for size in plan.sizes]
    trained = plan.trained
    swapped = Resolution(trained.height_px, trained.width_px)
    found = []
    if swapped != trained and swapped in resolutions:
        resolutions.remove(swapped)
        found.append(
            f"{swapped} is {swapped.width_px} wide and {swapped.height_px} high; the pilot was "
            f"trained at {trained}: width comes first"
        )
    found += [] if plan.sample.is_drawn else _of_frames(plan, resolutions)
    if any(size.whole is None for size in plan.sizes):
        found.append(
            "where the whole pilot is not told, the drive loop runs its convolutions alone and the "
            "dense layers come on top: a .tflite can have another size in no other way; give the "
            "Keras file of the same training for the whole"
        )
    wholes = [size.whole for size in plan.sizes if size.whole is not None]
    uncounted = {name for whole in wholes for name in whole.workload.uncounted}
    if uncounted:
        found.append(f"not in the MACs: what {', '.join(sorted(uncounted))} computes")
    return found


def _of_frames(plan: Plan, resolutions: Sequence[Resolution]) -> list[str]:
    height, width = plan.sample.size_hw
    frames = f"the frames ({width}x{height})"
    larger = [one for one in resolutions if plan.sample.is_enlarged_at(one.image_hw)]
    stretched = [one for one in resolutions if width * one.height_px != height * one.width_px]
    found = []
    if larger:
        found.append(
            f"{_listed(larger)}: larger than {frames}; enlarging adds no detail, and a camera's "
            "own JPEGs take more"
        )
    if stretched:
        found.append(
            f"{_listed(stretched)}: of other proportions than {frames}, which are stretched"
        )
    return found


def _listed(resolutions: Sequence[Resolution]) -> str:
    return ", ".join(map(str, resolutions))
