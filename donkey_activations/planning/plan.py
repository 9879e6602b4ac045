"""What a pilot shows and costs at some resolutions: all figures of ``donkey activations plan``."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from donkey_activations.errors import ModelError, SizeError
from donkey_activations.extractors import engines
from donkey_activations.extractors.base import FeatureExtractor, LayerInfo
from donkey_activations.extractors.engines import TensorFlowMissingError
from donkey_activations.graphs.workload.workload import Workload, layer_workloads, workload
from donkey_activations.mosaic.jpeg import encode_jpeg
from donkey_activations.mosaic.layer_choice import with_chosen_layers
from donkey_activations.mosaic.layout import Layout
from donkey_activations.mosaic.render import render_mosaic
from donkey_activations.planning.drive_loop import LoopTimes, TrialDrive
from donkey_activations.planning.latency import Latency, Network
from donkey_activations.planning.pilots import PlannedPilot, SizedPilot
from donkey_activations.planning.recording import Recording, jpeg_bytes, record_bytes
from donkey_activations.planning.sample_frames import Frame, SampleFrames, seen_by
from donkey_activations.resolution import Resolution

Progress = Callable[[str], None]

_JPEG_QUALITY = 85
_MOSAICS = 8


@dataclass(frozen=True)
class PlanOptions:
    """What is to be planned.

    Attributes:
        rate_hz: The drive loop's rate.
        every_n_frames: Period in frames of the mosaics.
        threads: Threads that the network may use.
    """

    rate_hz: float = 20.0
    every_n_frames: int = 5
    threads: int = 1


@dataclass(frozen=True)
class WholePilot:
    """What the whole pilot comes to at one resolution.

    Attributes:
        workload: What it computes for a frame.
        parameters: Number of its weights and biases.
        file_bytes: Size of its ``.tflite`` file.
        latency: How long it takes on this machine.
    """

    workload: Workload
    parameters: int
    file_bytes: int
    latency: Latency


@dataclass(frozen=True)
class SizePlan:
    """What a pilot shows and costs at one resolution.

    Attributes:
        resolution: The camera's.
        extractor: Its layers at that resolution, which can be run.
        layer_workloads: What each of its layers computes, in the order of ``extractor.layers``.
        maps_workload: What they compute together.
        maps_latency: How long they take on this machine.
        whole: The whole pilot; None where only the convolutions can be had.
        drive: The drive loop without mosaics; where ``whole`` is None, with the convolutions alone.
        drive_with_mosaics: The same with them.
        recording: What a tub takes; None where no frames were given.
    """

    resolution: Resolution
    extractor: FeatureExtractor
    layer_workloads: tuple[Workload, ...]
    maps_workload: Workload
    maps_latency: Latency
    whole: WholePilot | None
    drive: LoopTimes
    drive_with_mosaics: LoopTimes
    recording: Recording | None

    @property
    def layers(self) -> tuple[LayerInfo, ...]:
        """The layers."""
        return self.extractor.layers


@dataclass(frozen=True)
class Plan:
    """What a pilot shows and costs at some resolutions.

    Attributes:
        model_path: The pilot's file.
        trained: The resolution that it was trained at.
        options: What was planned.
        sample: The frames it was planned with.
        sizes: The resolutions that the pilot can have, in the order in which they were asked for.
        refused: The others, with the reason.
        cores: Number of this machine's cores.
    """

    model_path: Path
    trained: Resolution
    options: PlanOptions
    sample: SampleFrames
    sizes: tuple[SizePlan, ...]
    refused: tuple[tuple[Resolution, str], ...]
    cores: int

    @property
    def largest(self) -> SizePlan | None:
        """The largest resolution at which the drive loop holds its rate with mosaics."""
        holding = [s for s in self.sizes if s.drive_with_mosaics.holds(self.options.rate_hz)]
        return max(holding, key=lambda size: size.resolution.pixels, default=None)


def make_plan(
    pilot: PlannedPilot,
    resolutions: Sequence[Resolution],
    sample: SampleFrames,
    options: PlanOptions,
    progress: Progress,
) -> Plan:
    """Compute and measure everything.

    Args:
        pilot: The pilot.
        resolutions: One or more.
        sample: Frames to plan with.
        options: What is to be planned.
        progress: Called with what is done next.

    Raises:
        ModelError: The pilot can have none of the resolutions, or cannot be run as a whole.
    """
    sizes: list[SizePlan] = []
    refused: list[tuple[Resolution, str]] = []
    for resolution in resolutions:
        try:
            sizes.append(plan_size(pilot, resolution, sample, options, progress))
        except SizeError as error:
            refused.append((resolution, str(error)))
        except ModelError as error:
            raise ModelError(f"{pilot.path}: {error}") from error
    if not sizes:
        raise ModelError("; ".join(f"{resolution}: {reason}" for resolution, reason in refused))
    trained = Resolution(pilot.trained_hw[1], pilot.trained_hw[0])
    cores = os.cpu_count() or 1
    return Plan(pilot.path, trained, options, sample, tuple(sizes), tuple(refused), cores)


def plan_size(
    pilot: PlannedPilot,
    resolution: Resolution,
    sample: SampleFrames,
    options: PlanOptions,
    progress: Progress,
) -> SizePlan:
    """Compute and measure one resolution.

    Args:
        pilot: The pilot.
        resolution: The camera's.
        sample: Frames to plan with.
        options: What is to be planned.
        progress: Called with what is done next.

    Raises:
        ModelError: The pilot cannot have this resolution.
    """
    progress(f"{resolution}: making the pilot")
    sized = pilot.at(resolution.image_hw)
    extractor = engines.run(sized.cut_graph, None, options.threads)
    frames = sample.at(resolution.image_hw)
    progress(f"{resolution}: measuring the network")
    maps = Network(sized.cut_graph, options.threads)
    maps_latency = maps.latency()
    whole = _whole_pilot(sized, options.threads)
    driving = sized.cut_graph if whole is None or sized.whole is None else sized.whole
    drive = TrialDrive(driving, frames, options.threads)
    progress(f"{resolution}: measuring the drive loop, without mosaics and with them in turns")
    without, with_mosaics = drive.without_and_with_mosaics(options.every_n_frames)
    return SizePlan(
        resolution=resolution,
        extractor=extractor,
        layer_workloads=layer_workloads(sized.cut_graph, maps.interpreter_class),
        maps_workload=workload(sized.cut_graph, maps.interpreter_class),
        maps_latency=maps_latency,
        whole=whole,
        drive=without,
        drive_with_mosaics=with_mosaics,
        recording=None if sample.is_drawn else _recording(sample, frames, extractor),
    )


def _whole_pilot(sized: SizedPilot, threads: int) -> WholePilot | None:
    if sized.whole is None or sized.parameters is None:
        return None
    try:
        network = Network(sized.whole, threads)
    except TensorFlowMissingError:
        return None  # what follows the convolutions of an rnn pilot
    counted = workload(sized.whole, network.interpreter_class)
    return WholePilot(counted, sized.parameters, len(sized.whole), network.latency())


def _recording(
    sample: SampleFrames, frames: Sequence[Frame], extractor: FeatureExtractor
) -> Recording:
    # As many layers as a drive of this pilot would draw.
    layout, _ = with_chosen_layers(extractor, Layout())
    mosaics = []
    for frame in frames[:_MOSAICS]:
        maps = extractor(seen_by(extractor, frame))
        picture = render_mosaic(frame, extractor.layers, maps, layout)
        mosaics.append(encode_jpeg(picture, _JPEG_QUALITY))
    return Recording(
        jpeg_bytes=jpeg_bytes(frames),
        record_bytes=record_bytes(sample.records) if sample.records else 0.0,
        mosaic_bytes=float(np.mean([len(mosaic) for mosaic in mosaics])),
        enlarged=sample.is_enlarged_at((frames[0].shape[0], frames[0].shape[1])),
    )
