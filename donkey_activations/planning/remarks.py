"""What a driver should know about a plan that its figures do not say."""

from donkey_activations.planning.plan import Plan
from donkey_activations.resolution import Resolution


def remarks(plan: Plan) -> list[str]:
    """Returns one sentence each, those about the whole plan last."""
    found = [
        remark for size in plan.sizes for remark in _of_resolution(plan, size.resolution) if remark
    ]
    if any(size.whole is None for size in plan.sizes):
        found.append(
            "where the whole pilot is not told, the drive loop runs its convolutions alone and the "
            "dense layers come on top: a .tflite can have another size in no other way; give the "
            "Keras file (.h5) of the same training for the whole"
        )
    uncounted = {
        name for s in plan.sizes if s.whole is not None for name in s.whole.workload.uncounted
    }
    if uncounted:
        found.append(f"not in the MACs: what {', '.join(sorted(uncounted))} computes")
    return found


def _of_resolution(plan: Plan, resolution: Resolution) -> list[str]:
    trained = plan.trained
    swapped = Resolution(trained.height_px, trained.width_px)
    if resolution == swapped != trained:
        return [
            f"{resolution} is {resolution.width_px} wide and {resolution.height_px} high; the "
            f"pilot was trained at {trained}: width comes first"
        ]
    if plan.footage.is_drawn:
        return []
    found = []
    height, width = plan.footage.size_hw
    if plan.footage.is_enlarged_at(resolution.image_hw):
        found.append(
            f"{resolution} is larger than the frames ({width}x{height}): enlarging adds no detail, "
            "and a camera's own JPEGs take more"
        )
    if width * resolution.height_px != height * resolution.width_px:
        found.append(
            f"{resolution} has other proportions than the frames ({width}x{height}), which are "
            "stretched to it"
        )
    return found
